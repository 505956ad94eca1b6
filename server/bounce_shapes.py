"""What a bounce is asked for with, and what is told of it, in JSON."""

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from server.api import Input, Loose
from server.models import Id, moment
from storage.rows import Bounce
from streaming.formats import FORMS, Dithering, Format, settled

MAX_FRAME = 1 << 53
USUAL_CEILING_DBTP = -1.0
"""The ceiling of what is brought to a loudness, if none is asked for."""

Tag = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Tags(Input):
    """What the file says about itself."""

    title: Tag | None = None
    artist: Tag | None = None
    album: Tag | None = None
    track: Annotated[str, Field(pattern=r"^[0-9]{1,3}(/[0-9]{1,3})?$")] | None = None
    date: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")] | None = None
    genre: Tag | None = None
    comment: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")] | None = None


class BounceIn(Input):
    """What to render: a revision (the newest, if nothing is said), or the frames of a stream from ``from`` to ``to``."""

    revision: Id | None = None
    stream: Id | None = None
    start: int | None = Field(default=None, alias="from", ge=0, le=MAX_FRAME)
    stop: int | None = Field(default=None, alias="to", ge=0, le=MAX_FRAME)
    kind: Literal["mix", "stems"] = Field(default="mix", description="One file, or one for each track and effect in a ZIP.")
    format: Format = "wav"
    rate: Literal[44_100, 48_000, 88_200, 96_000] = Field(default=48_000, description="Frames per second.")
    bits: Literal[16, 24, 32] | None = Field(default=None, description="Of WAV and FLAC; 24 if nothing is said, 32 is float.")
    kbps: int | None = Field(default=None, ge=32, le=512, description="Bit rate of MP3, AAC, Opus and Vorbis.")
    dither: Dithering = Field(default="triangular", description="Noise with which 16 and 24 bits are rounded.")
    tags: Tags = Tags()
    loudness_lufs: float | None = Field(default=None, ge=-36.0, le=-5.0, description="Integrated loudness to be reached.")
    ceiling_dbtp: float | None = Field(
        default=None, ge=-12.0, le=0.0, description="No true peak goes above; -1 if only a loudness is asked for."
    )
    returns: bool = Field(default=True, description="Whether stems come with a file for each effect's return.")
    buses: bool = Field(default=False, description="Whether stems come with a file for each group as well.")

    @model_validator(mode="after")
    def _check(self) -> "BounceIn":
        if self.revision is not None and self.stream is not None:
            raise ValueError("a bounce is of a revision or of a stream, not of both")
        if (self.stream is None) != (self.start is None) or (self.start is None) != (self.stop is None):
            raise ValueError("a bounce of a stream says from which frame and to which")
        if self.start is not None and self.stop is not None and self.stop <= self.start:
            raise ValueError("it must end after it begins")
        if self.kind == "stems" and self.target is not None:
            raise ValueError("stems come from before the master: they have no loudness or ceiling of their own")
        settled(self.format, self.rate, self.bits, self.kbps)
        return self

    @property
    def target(self) -> dict[str, float | None] | None:
        """The loudness and the ceiling that were asked for, if any was."""
        if self.loudness_lufs is None and self.ceiling_dbtp is None:
            return None
        ceiling = USUAL_CEILING_DBTP if self.ceiling_dbtp is None else self.ceiling_dbtp
        return {"loudness_lufs": self.loudness_lufs, "ceiling_dbtp": ceiling}

    def row(self, identity: str, project: str, name: str, revision: str | None, now: int) -> Bounce:
        """A new row of this bounce."""
        bits, kbps = settled(self.format, self.rate, self.bits, self.kbps)
        wish = {"kbps": kbps, "dither": self.dither, "tags": self.tags.model_dump(exclude_none=True)}
        wish |= {"target": self.target, "returns": self.returns, "buses": self.buses}
        return Bounce(
            identity, project, name, revision, self.stream, self.start, self.stop, self.format, bits or 0,
            "queued", 1, 0.0, None, None, None, None, now, now, self.kind, self.rate, json.dumps(wish),
        )  # fmt: skip


class WorkProblem(BaseModel):
    """Why it failed."""

    code: str
    detail: str


class TargetView(BaseModel):
    """What the file was to be brought to."""

    loudness_lufs: float | None
    ceiling_dbtp: float


class Result(BaseModel):
    """What the finished file is, measured on its own decoded samples (of stems: the mix before the master)."""

    frames: int = Field(description="At the file's own rate.")
    loudness_lufs: float | None = Field(description="Integrated; null for silence.")
    range_lu: float | None
    true_peak_dbtp: float | None
    gain_db: float = Field(description="The gain before the limiter with which the target was sought.")
    reached: bool | None = Field(description="Whether the target was reached within 0.1 LU, and no peak is above the ceiling.")
    files: list[str] = Field(description="The names in a ZIP of stems.")


class BounceView(BaseModel):
    """A bounce and how far it is."""

    id: str
    project_id: str
    name: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    kind: str
    format: str
    rate: int
    bits: int | None
    kbps: int | None
    dither: str
    tags: dict[str, str]
    target: TargetView | None
    returns: bool
    buses: bool
    revision: str | None
    stream: str | None
    start: int | None = Field(serialization_alias="from")
    stop: int | None = Field(serialization_alias="to")
    size: int | None
    result: Result | None
    problem: WorkProblem | None
    created_at: datetime

    @classmethod
    def of(cls, row: Bounce) -> "BounceView":
        """A row as JSON shows it."""
        same = ("id", "project_id", "name", "status", "progress", "kind", "format", "rate", "size")
        return cls.model_validate(
            {
                **{name: getattr(row, name) for name in same},
                **json.loads(row.wish),
                "bits": row.bits or None,
                "revision": row.revision_id,
                "stream": row.stream_id,
                "start": row.from_frame,
                "stop": row.to_frame,
                "result": json.loads(row.result) if row.result else None,
                "problem": problem_of(row.problem_code, row.problem_detail),
                "created_at": moment(row.created_at),
            }
        )


class MissedView(BaseModel):
    """Frames in which a listener of the stream heard something else, because a splice reached it late."""

    listener: str
    start: int = Field(serialization_alias="from")
    stop: int = Field(serialization_alias="to")


class BounceDetail(BounceView):
    """A bounce, and where it is not what some listener of its stream heard."""

    not_as_heard: list[MissedView] = []


class BounceList(BaseModel):
    """A project's bounces, newest first."""

    bounces: list[BounceView]


class BouncePath(Loose):
    """The address of a bounce."""

    bounce_id: Id


def problem_of(code: str | None, detail: str | None) -> WorkProblem | None:
    """Why work failed, if it did."""
    return WorkProblem(code=code, detail=detail or "") if code else None


def file_of(row: Bounce) -> tuple[str, str]:
    """The name under which a bounce's file is saved, and its media type."""
    if row.kind == "stems":
        return f"{row.name} (stems).zip", "application/zip"
    return f"{row.name}.{row.format}", FORMS[row.format].media
