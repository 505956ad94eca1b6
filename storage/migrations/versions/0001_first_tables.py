"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("guest", sa.Integer(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sqlite_strict=True,
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("head_id", sa.Text(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("updated_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_projects_workspace_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_projects_workspace_id_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_projects_workspace_id_updated_at"), ["workspace_id", "updated_at"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("expires_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sessions_workspace_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "bounces",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=True),
        sa.Column("stream_id", sa.Text(), nullable=True),
        sa.Column("from_frame", LONG, nullable=True),
        sa.Column("to_frame", LONG, nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("progress", NUMBER, nullable=False),
        sa.Column("blob", sa.Text(), nullable=True),
        sa.Column("size", LONG, nullable=True),
        sa.Column("problem_code", sa.Text(), nullable=True),
        sa.Column("problem_detail", sa.Text(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("updated_at", LONG, nullable=False),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_bounces_status")),
        sa.CheckConstraint("(revision_id IS NULL) <> (stream_id IS NULL)", name=op.f("ck_bounces_source")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            name=op.f("fk_bounces_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("bounces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bounces_workspace_id_project_id"), ["workspace_id", "project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bounces_workspace_id_status"), ["workspace_id", "status"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("number", LONG, nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("end_frames", LONG, nullable=False),
        sa.Column("tracks", LONG, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            name=op.f("fk_revisions_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_revisions_project_id_number")),
        sqlite_strict=True,
    )
    op.create_table(
        "stems",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("asset_bytes", LONG, nullable=False),
        sa.Column("upload", sa.Text(), nullable=True),
        sa.Column("upload_bytes", LONG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("frames", LONG, nullable=False),
        sa.Column("channels_in", LONG, nullable=False),
        sa.Column("rate_in", LONG, nullable=False),
        sa.Column("codec_in", sa.Text(), nullable=False),
        sa.Column("peak_db", NUMBER, nullable=True),
        sa.Column("loudness_db", NUMBER, nullable=True),
        sa.Column("recipe", LONG, nullable=False),
        sa.Column("created_at", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            name=op.f("fk_stems_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stems")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("stems", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stems_workspace_id_project_id"), ["workspace_id", "project_id"], unique=False)

    op.create_table(
        "streams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("started_at", LONG, nullable=False),
        sa.Column("entries", LONG, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            name=op.f("fk_streams_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_streams_workspace_id_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("streams", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_streams_workspace_id_project_id_started_at"),
            ["workspace_id", "project_id", "started_at"],
            unique=False,
        )

    op.create_table(
        "peaks",
        sa.Column("stem_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("frames_per_bin", LONG, nullable=False),
        sa.Column("blob", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stem_id"], ["stems.id"], name=op.f("fk_peaks_stem_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_peaks_workspace_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stem_id", "level", name=op.f("pk_peaks")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("peaks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_peaks_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "stream_entries",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("first", LONG, nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "stream_id"],
            ["streams.workspace_id", "streams.id"],
            name=op.f("fk_stream_entries_workspace_id_stream_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("stream_id", "first", name=op.f("pk_stream_entries")),
        sqlite_strict=True,
    )
