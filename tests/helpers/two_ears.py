"""How far apart two pages play: what each worklet put out, by stream frame, against when its loudspeaker gave it out.

Two clocks say when. ``by_output`` takes the browser's own output timestamps, which the console uses too; ``by_wall`` the wall
clock at which the worklet made each block, which it does not use: there only the middle of many blocks says something, for a
device asks for several blocks at a time.
"""

from dataclasses import dataclass

import numpy as np
from helpers.chromium import RATE, Console
from numpy.typing import NDArray

WATCH = """() => {
  window.heard = [];
  setInterval(() => {
    const now = window.stemwire.output();
    if (now !== null) window.heard.push([now.contextFrame, now.us]);
  }, 50);
}"""
AROUND = 20
"""Output timestamps on either side whose middle is believed."""


@dataclass(frozen=True)
class Track:
    """Blocks that one page put out: their stream frames, and when by either clock, in milliseconds."""

    frames: NDArray[np.int64]
    by_output: NDArray[np.float64]
    by_wall: NDArray[np.float64]


def watch(console: Console) -> None:
    """Begin to note when the page's loudspeaker gives out what."""
    console.page.evaluate(WATCH)


def track(console: Console) -> Track:
    """What a page has put out until now."""
    blocks = console.page.evaluate("window.stemwire.recording().then((all) => all.blocks)")
    pairs = np.array(console.page.evaluate("window.heard"), np.float64)
    context = np.array([block["contextFrame"] for block in blocks], np.float64)
    wall = np.array([block["wallMs"] for block in blocks], np.float64)
    zeros = pairs[:, 1] / 1000 - pairs[:, 0] * 1000 / RATE
    middle = np.array([np.median(zeros[max(0, at - AROUND) : at + AROUND + 1]) for at in range(len(zeros))])
    nearest = np.clip(np.searchsorted(pairs[:, 0], context), 0, len(pairs) - 1)
    starts = np.array([block["start"] for block in blocks], np.int64)
    return Track(starts, middle[nearest] + context * 1000 / RATE, wall)


def apart(one: Track, other: Track, first: int) -> NDArray[np.float64]:
    """By how many milliseconds each frame from ``first`` on is heard later on one page than on the other."""
    return _apart(one.frames, one.by_output, other.frames, other.by_output, first)


def apart_by_wall(one: Track, other: Track, first: int) -> float:
    """The same by the wall clock, in the middle."""
    return float(np.median(_apart(one.frames, one.by_wall, other.frames, other.by_wall, first)))


def _apart(
    frames: NDArray[np.int64], times: NDArray[np.float64], others: NDArray[np.int64], their_times: NDArray[np.float64], first: int
) -> NDArray[np.float64]:  # fmt: skip
    at = np.searchsorted(others, frames, side="right") - 1
    there = (frames >= first) & (at >= 0) & (at + 1 < len(others))
    frames, times, at = frames[there], times[there], at[there]
    within = frames - others[at]
    both = within < 128 + 1
    return np.asarray((times - their_times[at] - within * 1000 / RATE)[both])
