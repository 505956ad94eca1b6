"""What an analysing child is asked, and what it answers. Only data: who reads this loads no kernel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

Kind = Literal["alignment", "levels", "trim", "check", "match"]


@dataclass(frozen=True, slots=True)
class StemFile:
    """A stem: its name, the asset that clips play, and where its canonical audio lies."""

    id: str
    name: str
    asset: str
    path: str


@dataclass(frozen=True, slots=True)
class Options:
    """What can be said about an analysis; each kind reads what it needs.

    ``reference`` is a stem; ``scope`` says whether levels are those of stems or of the mix; ``reach_s`` how far apart stems are
    at most.
    """

    reference: str | None = None
    scope: Literal["stems", "mix"] = "stems"
    target_lufs: float = -23.0
    threshold_db: float = -60.0
    lead_ms: float = 10.0
    tail_ms: float = 200.0
    reach_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """Find something out about stems and the mix (a document) that plays them; ``sources`` are the paths of all its assets.

    ``work`` is a folder of this analysis' own.
    """

    kind: Kind
    mix: dict[str, Any]
    sources: Mapping[str, str]
    stems: Sequence[StemFile]
    options: Options
    work: str

    def values(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Question":
        """Read :meth:`values` back."""
        stems = [StemFile(**stem) for stem in values["stems"]]
        return cls(**{**values, "stems": stems, "options": Options(**values["options"])})


@dataclass(frozen=True, slots=True)
class Change:
    """A place of the mix, what lies there now, and what could."""

    path: str
    was: JsonValue
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Changes that belong together, and a sentence that says what they do."""

    id: str
    detail: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that is likely to be wrong with some stems: a word for programs and a sentence."""

    code: str
    detail: str
    stems: list[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found: figures of the kind's own, warnings, and suggestions."""

    figures: dict[str, JsonValue]
    warnings: list[Caution] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
