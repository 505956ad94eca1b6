"""What a bouncing child is asked for, and the lines it answers with. Only data: who reads this loads no kernel."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal


class BounceRefused(Exception):
    """A bounce that cannot be made: a stable code and a sentence for the musician."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Plan:
    """Render a mix from fresh state to the end of its tails, or a stream's log (the rows of ``streaming.logbook``) between
    two stream frames, into ``out``.

    ``sources`` says where each asset's canonical audio lies. ``work`` is a folder of this bounce's own, where it keeps what it
    needs to go on after it was killed; ``parent`` is the process without which it ends.
    """

    sources: dict[str, str]
    work: str
    out: str
    format: Literal["wav", "flac"]
    bits: Literal[16, 24, 32]
    mix: dict[str, Any] | None = None
    log: list[dict[str, Any]] | None = None
    start: int = 0
    stop: int = 0

    def to_json(self, parent: int) -> bytes:
        """Serialise for the child's standard input."""
        return json.dumps({"parent": parent, "plan": asdict(self)}).encode()

    @classmethod
    def from_json(cls, text: bytes) -> tuple["Plan", int]:
        """Parse in the child: the plan and the parent."""
        values = json.loads(text)
        return cls(**values["plan"]), int(values["parent"])


def progress_line(fraction: float) -> str:
    """How far it is, from 0 to 1."""
    return json.dumps({"progress": round(fraction, 4)})


def done_line(frames: int) -> str:
    """The last line of a bounce that was made."""
    return json.dumps({"frames": frames})


def refusal_line(refusal: BounceRefused) -> str:
    """The last line of a bounce that cannot be made."""
    return json.dumps({"code": refusal.code, "detail": refusal.detail})


def read_line(line: bytes) -> float | None:
    """Parse a line: progress, or None when the bounce is made; raises :class:`BounceRefused`."""
    values = json.loads(line)
    if "code" in values:
        raise BounceRefused(values["code"], values["detail"])
    return float(values["progress"]) if "progress" in values else None
