"""Plays tapes (``helpers.tape``) through a real pool."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.music import write_stem
from helpers.tape import RING, SLOTS, TRACKS, Tape

from streaming.live.lead import Limits
from streaming.render.arena import Arena
from streaming.render.job import Job, Reply
from streaming.render.pool import Pool


def stems(folder: Path, count: int, frames: int) -> list[str]:
    """Canonical files of made-up music."""
    return [write_stem(folder, seed, frames) for seed in range(count)]


def open_tape(pool: Pool, paths: Sequence[str], frames: int, *, ahead: int = Limits().ahead_frames, **options: Any) -> Tape:
    """A new stream of the pool, to be driven by hand; ``close_tape`` ends it."""
    arena = Arena(TRACKS, SLOTS, RING, ahead=ahead)
    return Tape(arena, pool.open(arena, paths), paths, frames, **options)


def close_tape(pool: Pool, tape: Tape) -> None:
    """Take the stream out of the pool and free its memory."""
    pool.close(tape.number)
    tape.arena.close()


async def render(pool: Pool, job: Job | None, deadline_us: int = 0) -> Reply:
    """Have one chunk rendered."""
    assert job
    reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
    pool.submit(job, deadline_us, reply.set_result)
    return await asyncio.wait_for(reply, 60)


async def play(pool: Pool, tape: Tape) -> None:
    """Play a tape to its end."""
    while job := tape.step():
        tape.take(await render(pool, job))
