"""The tables, in SQLAlchemy Core, for SQLite (STRICT) and PostgreSQL alike.

Every row carries its owner, a workspace; rows below a project refer to it by owner and id together, so that a row can never
belong to one workspace and hang below another's project. Times are milliseconds since 1970, documents JSON text, audio blobs.
"""

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from storage.rows import PLAIN_WISH

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

LONG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
NUMBER: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")


def _id() -> "Column[str]":
    return Column("id", Text, primary_key=True)


def _owner() -> "Column[str]":
    return Column("workspace_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False)


def _project() -> tuple[Any, ...]:
    below = ForeignKeyConstraint(["workspace_id", "project_id"], ["projects.workspace_id", "projects.id"], ondelete="CASCADE")
    return Column("workspace_id", Text, nullable=False), Column("project_id", Text, nullable=False), below


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


workspaces = _table(
    "workspaces",
    _id(),
    Column("name", Text, nullable=False),
    Column("guest", Integer, nullable=False),
    Column("created_at", LONG, nullable=False),
)

sessions = _table(
    "sessions",
    Column("token_hash", Text, primary_key=True),
    _owner(),
    Column("created_at", LONG, nullable=False),
    Column("expires_at", LONG, nullable=False),
    Index(None, "workspace_id"),
)

projects = _table(
    "projects",
    _id(),
    _owner(),
    Column("name", Text, nullable=False),
    Column("head_id", Text),
    Column("created_at", LONG, nullable=False),
    Column("updated_at", LONG, nullable=False),
    UniqueConstraint("workspace_id", "id"),
    Index(None, "workspace_id", "updated_at"),
)

revisions = _table(
    "revisions",
    _id(),
    *_project(),
    Column("number", LONG, nullable=False),
    Column("parent_id", Text),
    Column("content_hash", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("name", Text),
    Column("change", Text),
    Column("document", Text, nullable=False),
    Column("end_frames", LONG, nullable=False),
    Column("tracks", LONG, nullable=False),
    Column("created_at", LONG, nullable=False),
    UniqueConstraint("project_id", "number"),
)

stems = _table(
    "stems",
    _id(),
    *_project(),
    Column("asset", Text, nullable=False),
    Column("asset_bytes", LONG, nullable=False),
    Column("upload", Text),
    Column("upload_bytes", LONG, nullable=False),
    Column("name", Text, nullable=False),
    Column("frames", LONG, nullable=False),
    Column("channels_in", LONG, nullable=False),
    Column("rate_in", LONG, nullable=False),
    Column("codec_in", Text, nullable=False),
    Column("peak_db", NUMBER),
    Column("loudness_db", NUMBER),
    Column("recipe", LONG, nullable=False),
    Column("created_at", LONG, nullable=False),
    Index(None, "workspace_id", "project_id"),
)

peaks = _table(
    "peaks",
    Column("stem_id", Text, ForeignKey("stems.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Integer, primary_key=True),
    _owner(),
    Column("frames_per_bin", LONG, nullable=False),
    Column("blob", Text, nullable=False),
    Index(None, "workspace_id"),
)

streams = _table(
    "streams",
    _id(),
    *_project(),
    Column("started_at", LONG, nullable=False),
    Column("entries", LONG, nullable=False),
    UniqueConstraint("workspace_id", "id"),
    Index(None, "workspace_id", "project_id", "started_at"),
)

stream_entries = _table(
    "stream_entries",
    Column("stream_id", Text, primary_key=True),
    Column("first", LONG, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("entries", Text, nullable=False),
    ForeignKeyConstraint(["workspace_id", "stream_id"], ["streams.workspace_id", "streams.id"], ondelete="CASCADE"),
)

bounces = _table(
    "bounces",
    _id(),
    *_project(),
    Column("name", Text, nullable=False),
    Column("revision_id", Text),
    Column("stream_id", Text),
    Column("from_frame", LONG),
    Column("to_frame", LONG),
    Column("kind", Text, nullable=False, server_default="mix"),
    Column("format", Text, nullable=False),
    Column("rate", Integer, nullable=False, server_default="48000"),
    Column("bits", Integer, nullable=False),
    Column("wish", Text, nullable=False, server_default=PLAIN_WISH),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("progress", NUMBER, nullable=False),
    Column("blob", Text),
    Column("size", LONG),
    Column("result", Text),
    Column("problem_code", Text),
    Column("problem_detail", Text),
    Column("created_at", LONG, nullable=False),
    Column("updated_at", LONG, nullable=False),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
    CheckConstraint("(revision_id IS NULL) <> (stream_id IS NULL)", name="source"),
    Index(None, "workspace_id", "project_id"),
    Index(None, "workspace_id", "status"),
)

analyses = _table(
    "analyses",
    _id(),
    *_project(),
    Column("kind", Text, nullable=False),
    Column("revision_id", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("progress", NUMBER, nullable=False),
    Column("result", Text),
    Column("problem_code", Text),
    Column("problem_detail", Text),
    Column("created_at", LONG, nullable=False),
    Column("updated_at", LONG, nullable=False),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
    Index(None, "workspace_id", "project_id"),
    Index(None, "workspace_id", "status"),
)

invitations = _table(
    "invitations",
    _id(),
    *_project(),
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", LONG, nullable=False),
    Column("expires_at", LONG, nullable=False),
    CheckConstraint("role IN ('controller', 'listener')", name="role"),
    UniqueConstraint("token_hash"),
    UniqueConstraint("workspace_id", "id"),
    Index(None, "workspace_id", "project_id"),
)

members = _table(
    "members",
    Column("invitation_id", Text, primary_key=True),
    Column("member_id", Text, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("came_at", LONG, nullable=False),
    ForeignKeyConstraint(["workspace_id", "invitation_id"], ["invitations.workspace_id", "invitations.id"], ondelete="CASCADE"),
    Index(None, "member_id"),
)
