"""The shapes that several routes answer with, and how rows become them."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from dsp.desk.mix import Mix
from server.api import Input, Loose
from storage.rows import Project, ProjectSummary, Revision, RevisionSummary, Stem

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]


def moment(ms: int) -> datetime:
    """A row's time as JSON shows it."""
    return datetime.fromtimestamp(ms / 1000, UTC)


class ProjectPath(Loose):
    """The address of a project."""

    project_id: Id


class Naming(Input):
    """A name for something."""

    name: Name


class IfMatch(Loose):
    """The revision that a change was based on."""

    if_match: str | None = Field(default=None, alias="if-match", max_length=100, description="The ETag of that revision, or *.")

    @property
    def revision(self) -> str | None:
        """The revision's id; ``None`` for any."""
        if self.if_match is None or self.if_match.strip() == "*":
            return None
        return self.if_match.strip().removeprefix("W/").strip('"')


class ProjectLine(BaseModel):
    """A song in the list."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    end_frames: int = Field(description="Where the last clip ends, in frames at 48 kHz.")
    tracks: int

    @classmethod
    def of(cls, row: ProjectSummary) -> "ProjectLine":
        """A row as the list shows it."""
        created, updated = moment(row.created_at), moment(row.updated_at)
        return cls(id=row.id, name=row.name, created_at=created, updated_at=updated, end_frames=row.end_frames, tracks=row.tracks)


class RevisionLine(BaseModel):
    """A stored mix without its document."""

    id: str
    number: int
    name: str | None = Field(description="The name under which it is kept; others go when there are many.")
    change: str | None = Field(description="What was done to make it, if that is known.")
    author: str
    parent: str | None
    content_hash: str
    end_frames: int
    tracks: int
    created_at: datetime

    @classmethod
    def fields_of(cls, row: RevisionSummary) -> dict[str, Any]:
        """What a row and its JSON have in common."""
        same = ("id", "number", "name", "change", "author", "content_hash", "end_frames", "tracks")
        return {**{name: getattr(row, name) for name in same}, "parent": row.parent_id, "created_at": moment(row.created_at)}


class RevisionView(RevisionLine):
    """A stored mix with its document."""

    mix: Mix

    @classmethod
    def of(cls, row: Revision) -> "RevisionView":
        """A row with its document."""
        return cls(mix=Mix.parse(json.loads(row.document)), **cls.fields_of(row))


class Changed(BaseModel):
    """The desk after a change."""

    revision: RevisionLine
    mix: Mix

    @classmethod
    def of(cls, row: Revision, mix: Mix) -> "Changed":
        """What a change came to."""
        return cls(revision=RevisionLine(**RevisionLine.fields_of(row)), mix=mix)


class StemView(BaseModel):
    """The audio of a stem: what the mix's clips play, and what the uploaded file was."""

    id: str
    asset: str = Field(description="The SHA-256 of its canonical audio, by which clips name it.")
    name: str
    frames: int
    channels_in: int
    rate_in: int
    codec_in: str
    peak_db: float | None
    loudness_db: float | None
    created_at: datetime

    @classmethod
    def of(cls, row: Stem) -> "StemView":
        """A row as JSON shows it."""
        same = {name: getattr(row, name) for name in cls.model_fields if name != "created_at"}
        return cls(**same, created_at=moment(row.created_at))


class ProjectView(BaseModel):
    """One song: its newest revision, that revision's mix, and its stems."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    revision: RevisionLine
    mix: Mix
    stems: list[StemView]

    @classmethod
    def of(cls, project: Project, head: Revision, stems: list[Stem]) -> "ProjectView":
        """Rows as JSON shows them."""
        return cls(
            id=project.id,
            name=project.name,
            created_at=moment(project.created_at),
            updated_at=moment(project.updated_at),
            revision=RevisionLine(**RevisionLine.fields_of(head)),
            mix=Mix.parse(json.loads(head.document)),
            stems=[StemView.of(stem) for stem in stems],
        )


def etag(revision: str) -> dict[str, str]:
    """The header that names a revision."""
    return {"ETag": f'"{revision}"'}
