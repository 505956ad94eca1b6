"""Whether there is room for more audio: on the disk, and in the workspace."""

import asyncio

from server.context import Context
from server.errors import STORAGE_FULL, Problem
from server.visitor import Visitor
from storage import stems


async def require_room(context: Context, visitor: Visitor) -> int:
    """How many bytes more the workspace may bring; raises 507 when the disk or the workspace is full."""
    spare = await asyncio.to_thread(context.blobs.free_bytes) - context.settings.free_bytes
    if spare <= 0:
        raise Problem(STORAGE_FULL, "The server's disk is full.")
    async with context.database.read() as db:
        held = await stems.held_bytes(db, visitor.id)
    left = context.settings.workspace_bytes - held
    if left <= 0:
        raise Problem(STORAGE_FULL, f"The workspace holds {held} bytes of audio; delete a project or some bounces to make room.")
    return min(spare, left)
