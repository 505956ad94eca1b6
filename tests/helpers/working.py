"""How tests of the job worker wait for it, and which processes run below them."""

import asyncio
from collections.abc import Callable

import psutil
from helpers.studio_files import Song

from server.jobs import Jobs
from storage import bounces
from storage.rows import Bounce

LIMIT_S = 60


async def until(condition: Callable[[], object]) -> None:
    """Look until something holds."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.02)


async def checkpoint(song: Song, bounce: str) -> None:
    """Wait until a child has got somewhere."""
    await until((song.folder / "bounces" / bounce / "render.mark").exists)


async def up(jobs: Jobs) -> None:
    """Wait until the worker is up."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await jobs.alive()
            except RuntimeError:
                await asyncio.sleep(0.05)


async def reached(song: Song, bounce: str, condition: Callable[[Bounce], object]) -> Bounce:
    """The bounce's row, once a condition holds for it."""
    async with asyncio.timeout(LIMIT_S):
        while not condition(row := await song.row(bounce)):
            await asyncio.sleep(0.02)
        return row


def is_over(row: Bounce) -> bool:
    """Whether a bounce is done, failed or cancelled."""
    return row.status not in bounces.OPEN


def running(module: str, under: int | None = None) -> list[psutil.Process]:
    """The processes below one (this one) that run a module of ours."""
    found = []
    for child in psutil.Process(under).children(recursive=True):
        try:
            if module in child.cmdline():
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found
