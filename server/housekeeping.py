"""What nobody asks for but must be done: sessions that are over, workspaces nobody can open, blobs nobody refers to."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.context import Context
from storage import invitations, stems, workspaces

EVERY_S = 3600.0
GRACE_S = 3600.0
"""A blob younger than this is left alone: its row may be about to be written."""


@asynccontextmanager
async def running(context: Context) -> AsyncIterator[None]:
    """Clean up once before the block begins, then every hour while it runs."""
    await clean(context)
    task = asyncio.create_task(_hourly(context), name="housekeeping")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def clean(context: Context) -> None:
    """Drop what is over, and sweep the blobs that this leaves without a row."""
    now = context.wall_ms()
    async with context.database.write() as db:
        gone = await workspaces.expire(db, now)
        await invitations.expire(db, now)
    async with context.database.read() as db:
        referenced = await stems.referenced_blobs(db)
    swept = await asyncio.to_thread(context.blobs.sweep, referenced, now / 1000 - GRACE_S)
    if gone or swept:
        context.log.info("cleaned", workspaces=gone, blobs=swept)


async def _hourly(context: Context) -> None:
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await clean(context)
        except Exception:
            context.log.exception("cleaning failed")
