"""The rows as frozen records, and the one helper that turns a database row into one."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Table

PLAIN_WISH = '{"kbps": null, "dither": "triangular", "tags": {}, "target": null, "returns": true, "buses": false}'
"""What nobody wished for any different: a bounce's bit rate, dither, tags, target, returns and buses."""

RecordT = TypeVar("RecordT")


def columns(record: type[Any], table: Table) -> list[ColumnElement[Any]]:
    """The columns of ``table`` that ``record`` holds."""
    return [table.c[field.name] for field in fields(record)]


def record(kind: type[RecordT], row: "Row[*tuple[Any, ...]]") -> RecordT:
    """One row as a record of ``kind``."""
    return kind(**row._mapping)


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whom rows belong to: a guest's desk, known by a cookie only."""

    id: str
    name: str
    guest: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Project:
    """One song; ``head_id`` is its newest revision."""

    id: str
    name: str
    head_id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """A line in the list of songs."""

    id: str
    name: str
    created_at: int
    updated_at: int
    end_frames: int
    tracks: int


@dataclass(frozen=True, slots=True)
class RevisionSummary:
    """A stored mix without its document; ``change`` says what was done to make it, where that is known."""

    id: str
    project_id: str
    number: int
    parent_id: str | None
    content_hash: str
    author: str
    name: str | None
    change: str | None
    end_frames: int
    tracks: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Revision(RevisionSummary):
    """A stored mix: immutable, its document as canonical JSON text."""

    document: str


@dataclass(frozen=True, slots=True)
class Stem:
    """Audio in a project: blobs of its canonical frames (``asset``) and of the bytes that came (``upload``)."""

    id: str
    project_id: str
    asset: str
    asset_bytes: int
    upload: str | None
    upload_bytes: int
    name: str
    frames: int
    channels_in: int
    rate_in: int
    codec_in: str
    peak_db: float | None
    loudness_db: float | None
    recipe: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Peaks:
    """One resolution of a stem's waveform, as a blob."""

    level: int
    frames_per_bin: int
    blob: str


@dataclass(frozen=True, slots=True)
class StreamLog:
    """A live stream that was, and how many entries its event log has had."""

    id: str
    project_id: str
    started_at: int
    entries: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """An offline render: of a revision, or of a stream's log from frame to frame.

    ``kind`` is mix or stems; ``bits`` is 0 where the format is lossy. ``wish`` (JSON) holds bit rate, dither, tags, target,
    returns and buses; ``result`` (JSON) what was measured of the file.
    """

    id: str
    project_id: str
    name: str
    revision_id: str | None
    stream_id: str | None
    from_frame: int | None
    to_frame: int | None
    format: str
    bits: int
    status: str
    attempt: int
    progress: float
    blob: str | None
    size: int | None
    problem_code: str | None
    problem_detail: str | None
    created_at: int
    updated_at: int
    kind: str = "mix"
    rate: int = 48_000
    wish: str = PLAIN_WISH
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was to be found out about a project's stems or mix; ``options`` and ``result`` are JSON."""

    id: str
    project_id: str
    kind: str
    revision_id: str
    options: str
    status: str
    attempt: int
    progress: float
    result: str | None
    problem_code: str | None
    problem_detail: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets people into one project in a role (controller or listener), until it expires or is revoked."""

    id: str
    project_id: str
    role: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class InvitationSummary(Invitation):
    """An invitation and how many people came by it."""

    members: int


@dataclass(frozen=True, slots=True)
class Membership:
    """What somebody may do in another workspace's project: whose it is, in which role, and until when."""

    owner: str
    project_id: str
    role: str
    expires_at: int
