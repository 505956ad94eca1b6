"""A fresh worker's first chunk: from asking the zygote for a worker to its first chunk of a stream, rendered and encoded.

The zygote, its workers and a stream's arena are the real ones, as they stand in when a worker has died: 8 stems in files, the
first 40 ms of a run with all that a new process pays for once (fork, pages of state and stems, the encoder). Workers are born
one after the other; what a worker that has rendered before takes for the same chunk stands beside it.

    python benchmarks/newborn.py [--births 30]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from helpers.music import write_stem  # noqa: E402 - the path comes first
from helpers.tape import TRACKS, Tape  # noqa: E402
from report import Report, percentile  # noqa: E402

from dsp.grid import QUANTUM, RATE  # noqa: E402
from streaming.live.lead import FIRST  # noqa: E402
from streaming.render import channel  # noqa: E402
from streaming.render.arena import Arena  # noqa: E402
from streaming.render.crew import Worker  # noqa: E402
from streaming.render.job import DONE, pack_job, unpack_reply  # noqa: E402
from streaming.render.nursery import Nursery  # noqa: E402
from streaming.render.opus import locate  # noqa: E402

NUMBER, SLOTS, TARGET_MS, LIMIT_S = 1, 4, 20.0, 30.0


async def born(nursery: Nursery) -> Worker:
    """Ask for a worker."""
    worker: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
    nursery.fork(lambda end, process: worker.set_result(Worker(end, process)))
    return await asyncio.wait_for(worker, LIMIT_S)


async def attached(nursery: Nursery, tape: Tape) -> Worker:
    """Ask for a worker, and let it know of the stream."""
    worker = await born(nursery)
    worker.end.setblocking(False)
    arena = tape.arena
    worker.send(channel.pack_attach(NUMBER, arena.tracks, len(arena.slots), arena.ring_frames, arena.ahead), arena.fd)
    for path in tape.paths:
        worker.send(channel.pack_number(channel.SOURCE, NUMBER, path))
    return worker


async def rendered(worker: Worker, tape: Tape) -> None:
    """Have the first chunk rendered."""
    job = tape.job
    assert job
    worker.send(channel.JOB + pack_job(job))
    message = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(worker.end, channel.MAX_BYTES), LIMIT_S)
    assert unpack_reply(message).status == DONE


async def milliseconds(work: Callable[[], Awaitable[None]]) -> float:
    """Wall time of a step."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1e3


async def births(count: int, folder: Path) -> tuple[list[float], list[float]]:
    """Time so many births with a first chunk, and the same chunk once more by the same worker."""
    paths = [write_stem(folder, seed, RATE) for seed in range(TRACKS)]
    opus = locate()
    tape = Tape(Arena(TRACKS, SLOTS, RATE), NUMBER, paths, RATE, quanta=FIRST // QUANTUM, encode=opus is not None)
    tape.step()
    nursery = Nursery(["0", opus or ""], standby=False)
    await nursery.start()
    first, again = [], []
    for _ in range(count):
        workers: list[Worker] = []

        async def first_chunk(workers: list[Worker] = workers) -> None:
            workers.append(await attached(nursery, tape))
            await rendered(workers[0], tape)

        first.append(await milliseconds(first_chunk))
        again.append(await milliseconds(lambda workers=workers: rendered(workers[0], tape)))  # type: ignore[misc]
        workers[0].kill()
        workers[0].end.close()
        workers[0].process.close()
    await nursery.aclose()
    tape.arena.close()
    return first, again


def main() -> None:
    """Print a table and write ``bench-results/newborn.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--births", type=int, default=30)
    arguments = parser.parse_args()
    report = Report("newborn", "A fresh worker's first chunk, from the zygote")
    with tempfile.TemporaryDirectory() as folder:
        first, again = asyncio.run(births(arguments.births, Path(folder)))
    report.row("fresh worker, first 40 ms of 8 stems, median", statistics.median(first), f"ms (target: below {TARGET_MS:g})")
    report.row("fresh worker, first 40 ms of 8 stems, p95", percentile(first, 95), "ms")
    report.row("the same chunk by a worker that has rendered, median", statistics.median(again), "ms")
    report.write()


if __name__ == "__main__":
    main()
