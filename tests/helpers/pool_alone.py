"""A process that has nothing but one pool, and closes it in the middle of a chunk: what it holds before and after.

``python -m helpers.pool_alone <folder>`` writes its stems there and prints two lines, each the descriptors and children it holds.
"""

import asyncio
import os
import sys
from pathlib import Path

from helpers.descriptors import children, open_descriptors
from helpers.tape_player import close_tape, open_tape, stems
from helpers.waiting import until

from streaming.pool import Pool

FRAMES = 960 * 100


async def main(folder: Path) -> None:
    """Open, render, close."""
    paths = stems(folder, 4, FRAMES)
    print(sorted(open_descriptors().items()), len(children(os.getpid())))
    pool = Pool(2)
    await pool.start()
    tape = open_tape(pool, paths, FRAMES, quanta=100)
    pool.submit(tape.step(), 0, print)
    await until(lambda: tape.arena.begun)
    await pool.aclose()
    close_tape(pool, tape)
    print(sorted(open_descriptors().items()), len(children(os.getpid())))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
