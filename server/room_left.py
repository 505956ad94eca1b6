"""Whether there is room for more audio: on the disk, and in the workspace."""

import asyncio

from server.context import Context, Visitor
from server.errors import STORAGE_FULL, Problem
from storage import stems


async def require_room(context: Context, visitor: Visitor) -> None:
    """Raise 507 when the disk or the workspace is full."""
    if await asyncio.to_thread(context.blobs.free_bytes) < context.settings.free_bytes:
        raise Problem(STORAGE_FULL, "The server's disk is full.")
    async with context.database.read() as db:
        held = await stems.held_bytes(db, visitor.id)
    if held >= context.settings.workspace_bytes:
        raise Problem(STORAGE_FULL, f"The workspace holds {held} bytes of audio; delete a project or some bounces to make room.")
