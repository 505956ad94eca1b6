"""What a bouncing child is asked for, and what it answers. Only data: who reads this loads no kernel."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from streaming.formats import Delivery

Kind = Literal["mix", "stems"]


@dataclass(frozen=True, slots=True)
class Target:
    """How loud the file is to be (integrated, LUFS; None leaves it as it is), and what no peak of it may exceed (dBTP)."""

    loudness_lufs: float | None
    ceiling_dbtp: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Render a mix from fresh state to the end of its tails, or a stream's log (the rows of ``streaming.logbook``) between
    two stream frames, into ``out``.

    Of kind ``stems`` it becomes a ZIP of one file for each track and, with ``returns`` and ``buses``, for each effect and group.
    ``sources`` says where each asset's canonical audio lies. ``work`` is a folder of this bounce's own, where it keeps what it
    needs to go on after it was killed.
    """

    sources: Mapping[str, str]
    work: str
    out: str
    delivery: Delivery = field(default_factory=Delivery)
    mix: dict[str, Any] | None = None
    log: list[dict[str, Any]] | None = None
    start: int = 0
    stop: int = 0
    kind: Kind = "mix"
    target: Target | None = None
    returns: bool = True
    buses: bool = False

    def values(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "delivery": self.delivery.to_dict()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Plan":
        """Read :meth:`values` back."""
        target = Target(**values["target"]) if values["target"] else None
        return cls(**{**values, "delivery": Delivery(**values["delivery"]), "target": target})


@dataclass(frozen=True, slots=True)
class Measured:
    """What a finished file is, measured on its own samples; None where there is nothing to measure (silence).

    ``reached``: whether the file has the loudness that was asked for and no peak above the ceiling; None if nothing was asked.
    """

    frames: int
    loudness_lufs: float | None = None
    range_lu: float | None = None
    true_peak_dbtp: float | None = None
    gain_db: float = 0.0
    reached: bool | None = None
    files: tuple[str, ...] = ()
