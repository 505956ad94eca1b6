"""Alembic's entry: runs the migrations on the connection it is handed, in that connection's transaction."""

from typing import Any

from alembic import context

from storage.tables import metadata


def ours(_object: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave alone the tables that are not ours: the job engine may keep its own in the same database."""
    return not (kind == "table" and reflected and compare_to is None and name not in metadata.tables)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=ours,
    transactional_ddl=False,
)
with context.begin_transaction():
    context.run_migrations()
