"""Bounces say what they are to be in more detail and what was measured; projects have analyses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
PLAIN_WISH = '{"kbps": null, "dither": "triangular", "tags": {}, "target": null, "returns": true, "buses": false}'


def upgrade() -> None:
    op.add_column("bounces", sa.Column("kind", sa.Text(), nullable=False, server_default="mix"))
    op.add_column("bounces", sa.Column("rate", sa.Integer(), nullable=False, server_default="48000"))
    op.add_column("bounces", sa.Column("wish", sa.Text(), nullable=False, server_default=PLAIN_WISH))
    op.add_column("bounces", sa.Column("result", sa.Text(), nullable=True))
    op.create_table(
        "analyses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("progress", NUMBER, nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("problem_code", sa.Text(), nullable=True),
        sa.Column("problem_detail", sa.Text(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("updated_at", LONG, nullable=False),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_analyses_status")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            name=op.f("fk_analyses_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("analyses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analyses_workspace_id_project_id"), ["workspace_id", "project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_analyses_workspace_id_status"), ["workspace_id", "status"], unique=False)
