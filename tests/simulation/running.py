"""One world, run: what became of it, and what it played."""

import asyncio
from dataclasses import dataclass

from simulation.book import Book, Broken
from simulation.loop import SimulatedLoop
from simulation.plan import Plan
from simulation.world import World

from dsp.grid import RATE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one world."""

    plan: Plan
    broken: str | None
    trace: tuple[str, ...]
    checksum: int
    stream_s: float
    listener_s: float
    figures: dict[str, int]
    most: dict[str, int]


def run(plan: Plan) -> Outcome:
    """Run one world."""
    loop = SimulatedLoop()
    book = Book(loop.now_us)
    loop.set_exception_handler(book.caught)
    world, broken = None, None
    with book.attached():
        try:
            asyncio.set_event_loop(loop)
            world = World(loop, plan, book)
            loop.run_until_complete(world.live())
            _check_underruns(world)
        except Broken as error:
            broken = str(error)
        finally:
            dismantle(loop)
            asyncio.set_event_loop(None)
    streams = world.streams if world else []
    heard = sum(listener.played() for played in streams for listener in played.listeners) / RATE
    return Outcome(
        plan, broken or book.broken, tuple(book.trace), book.checksum, sum(played.played_us for played in streams) / 1e6, heard,
        dict(book.figures), dict(book.most),
    )  # fmt: skip


def _check_underruns(world: World) -> None:
    if world.plan.is_calm:
        dry = [
            (listener.name, listener.underruns) for played in world.streams for listener in played.listeners if listener.underruns
        ]
        if dry:
            world.book.fail("world", f"nothing was wrong with workers and lines, yet these ran dry: {dry}")
    if world.book.broken:
        raise Broken(world.book.broken)


def dismantle(loop: SimulatedLoop) -> None:
    """End what a broken world left."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.set_exception_handler(lambda *_: None)
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=30))
    loop.close()
