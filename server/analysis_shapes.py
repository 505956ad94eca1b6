"""What an analysis is asked for with, and what is told of it, in JSON."""

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, JsonValue, model_validator

from server.api import Input, Loose
from server.bounce_shapes import WorkProblem, problem_of
from server.models import Id, moment
from storage.rows import Analysis

MOST_ALIGNED = 8
"""So many stems are aligned each with each; of more one must be the reference."""


class AnalysisIn(Input):
    """What to find out, of which stems (all, if none are named) and which revision's mix (the newest)."""

    kind: Literal["alignment", "levels", "trim", "check", "match"]
    revision: Id | None = None
    stems: Annotated[list[Id], Field(min_length=1, max_length=64)] | None = None
    reference: Id | None = Field(default=None, description="The stem that others are aligned to, or that the mix is to match.")
    scope: Literal["stems", "mix"] = Field(default="stems", description="Of levels: those of the stems, or that of the mix.")
    target_lufs: float = Field(default=-23.0, ge=-60.0, le=0.0, description="The loudness that levels are brought to.")
    threshold_db: float = Field(default=-60.0, ge=-120.0, le=0.0, description="Below this peak level it is silent.")
    lead_ms: float = Field(default=10.0, ge=0.0, le=10_000.0, description="Silence that is left before the sound.")
    tail_ms: float = Field(default=200.0, ge=0.0, le=60_000.0, description="Silence that is left behind the sound.")
    reach_s: float = Field(default=30.0, gt=0.0, le=300.0, description="How far apart stems are looked for.")

    @model_validator(mode="after")
    def _check(self) -> "AnalysisIn":
        if self.stems is not None and len(set(self.stems)) != len(self.stems):
            raise ValueError("a stem is named twice")
        if self.kind == "match" and self.reference is None:
            raise ValueError("a match needs a reference: a stem of the project")
        if self.kind == "alignment" and self.stems is not None and len(self.stems) + (self.reference is not None) < 2:
            raise ValueError("an alignment is of two stems or more")
        return self

    def options(self, stems: list[str]) -> str:
        """The options as a row keeps them, with the stems that it comes to."""
        names = ("reference", "scope", "target_lufs", "threshold_db", "lead_ms", "tail_ms", "reach_s")
        return json.dumps({"stems": stems, **{name: getattr(self, name) for name in names}})


class ChangeView(BaseModel):
    """A place of the mix, what lay there when it was analysed, and what could."""

    path: str
    was: JsonValue
    value: JsonValue


class SuggestionView(BaseModel):
    """Changes that belong together; applying them is an ordinary edit."""

    id: str
    detail: str
    changes: list[ChangeView]


class WarningView(BaseModel):
    """Something that is likely to be wrong with some stems."""

    code: str
    detail: str
    stems: list[str]


class Found(BaseModel):
    """What was found; the figures are the kind's own."""

    figures: dict[str, JsonValue]
    warnings: list[WarningView]
    suggestions: list[SuggestionView]


class AnalysisView(BaseModel):
    """An analysis and how far it is."""

    id: str
    project_id: str
    kind: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    revision: str
    options: dict[str, JsonValue]
    result: Found | None
    problem: WorkProblem | None
    created_at: datetime

    @classmethod
    def of(cls, row: Analysis) -> "AnalysisView":
        """A row as JSON shows it."""
        return cls(
            id=row.id,
            project_id=row.project_id,
            kind=row.kind,
            status=row.status,
            progress=row.progress,
            revision=row.revision_id,
            options=json.loads(row.options),
            result=Found.model_validate_json(row.result) if row.result else None,
            problem=problem_of(row.problem_code, row.problem_detail),
            created_at=moment(row.created_at),
        )


class AnalysisList(BaseModel):
    """A project's analyses, newest first."""

    analyses: list[AnalysisView]


class AnalysisPath(Loose):
    """The address of an analysis."""

    analysis_id: Id


class Applying(Input):
    """Which suggestions to follow; all, if none are named."""

    suggestions: (
        Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(min_length=1, max_length=200)] | None
    ) = None
