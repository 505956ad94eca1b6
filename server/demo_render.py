"""The child that plays the demo song into files: ``python -m server.demo_render FOLDER PARENT``, a JSON line for each.

It imports the instruments, which a server never does, and uses as many processors as there are, politely.
"""

import hashlib
import json
import multiprocessing
import os
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from dsp.peaks import FRAMES_PER_BIN, Pyramid
from dsp.synth.stems import STEMS, render
from streaming.offline.child import die_with_parent

PLAYERS = 4
"""At most so many stems at a time: each takes about 300 MB while it is played."""
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Played:
    """A finished stem: its canonical audio, and its waveform at each level, in files of the folder."""

    name: str
    audio: str
    peaks: list[str]
    digest: str
    frames: int
    peak_db: float


def play(name: str, folder: Path) -> Played:
    """Render a stem into ``folder``."""
    frames = render(name)
    pyramid = Pyramid()
    pyramid.add(np.ascontiguousarray(frames.T))
    audio = folder / f"{name}.audio"
    content = frames.astype("<f4").tobytes()
    audio.write_bytes(content)
    levels = [folder / f"{name}.peaks{level}" for level in range(len(FRAMES_PER_BIN))]
    for file, level in zip(levels, pyramid.finish(), strict=True):
        file.write_bytes(level)
    names = [file.name for file in levels]
    peak_db = 20.0 * float(np.log10(np.abs(frames).max()))
    return Played(name, audio.name, names, hashlib.sha256(content).hexdigest(), len(frames), round(peak_db, 2))


def main(folder: Path, parent: int) -> None:
    """Render all stems, side by side."""
    die_with_parent(parent)
    os.nice(NICENESS)
    names = [stem.name for stem in reversed(STEMS)]  # the choir takes longest
    players = min(len(os.sched_getaffinity(0)), PLAYERS)
    with multiprocessing.get_context("fork").Pool(players, die_with_parent, (os.getpid(),)) as pool:
        for played in pool.imap_unordered(partial(play, folder=folder), names, chunksize=1):
            print(json.dumps(asdict(played)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
