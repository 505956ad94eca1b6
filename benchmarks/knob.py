"""Knob to ear in Chromium's worklet: from a key pressed on a fader to the first changed sample that the worklet puts out.

A real server, a real Chromium, the demo song, two seconds buffered. The console's own figure counts on the audio clock, from
the sending of ``set`` to the block that holds the splice. Beside it stands the wall clock, from the key's event to the moment
at which the page sees the playhead beyond the splice, and the recording, which tells whether the splice frame that the server
named is where the sound really changes. Also: time to first audio, cold (a new page) and warm (stop, then play).
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers import chromium  # noqa: E402 - the path comes first
from helpers.chromium import RATE, Console  # noqa: E402
from helpers.serving import Server  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402
from report import Report, percentile  # noqa: E402

WATCH = """() => {
  window.presses = [];
  window.sounded = [];
  let starting = null;
  addEventListener('keydown', ({ code }) => {
    const { playhead, running } = window.stemwire.state();
    if (code === 'Space' && !running) starting = { at: performance.now(), playhead };
    if (code.startsWith('Arrow')) window.presses.push({ at: performance.now(), playhead, track: [] });
  }, true);
  setInterval(() => {
    const now = performance.now();
    const press = window.presses.at(-1);
    const { playhead, running } = window.stemwire.state();
    if (press && now - press.at < 300) press.track.push([now, playhead]);
    if (starting && running && playhead > window.audibleAt + window.stemwire.state().startedAt) {
      window.sounded.push(now - starting.at);
      starting = null;
    }
  }, 4);
}"""
"""The page's second clock: every 4 ms where the playhead is after a key, and when it is beyond the first audible frame."""


def turns(console: Console, count: int) -> None:
    """Nudge the fader that has the focus up and down, with a rest after each so that two seconds are held again."""
    for turn in range(count):
        console.page.keyboard.press("ArrowUp" if turn % 2 else "ArrowDown")
        console.page.wait_for_timeout(550 + 37 * (turn % 7))


def on_the_wall_clock(presses: list[dict[str, Any]], heard: list[dict[str, Any]]) -> list[float]:
    """Milliseconds from each key's event until the page saw the playhead beyond its splice."""
    found = []
    for edit in heard:
        press = next((p for p in reversed(presses) if p["playhead"] <= edit["spliceFrame"]), None)
        seen = [at for at, playhead in press["track"] if playhead > edit["spliceFrame"]] if press else []
        if press and seen:
            found.append(seen[0] - press["at"])
    return found


def changes(console: Console, tries: int) -> list[int]:
    """By how many frames the first sample that is not the song's own follows the splice frame: one turn in each playing."""
    revision = console.call("GET", f"/projects/{console.state('project')}")["revision"]["id"]
    song, starts = console.bounced(revision=revision), []
    for _ in range(tries):
        console.press_play()
        starts.append(console.state("startedAt"))
        console.page.wait_for_timeout(900)
        console.page.keyboard.press("ArrowDown")
        console.page.wait_for_timeout(600)
        console.page.keyboard.press(".")
        console.until(lambda: not console.state("running") and console.state("transport") == "stopped")
        console.page.keyboard.press("ArrowUp")
        console.page.wait_for_timeout(100)
    splices = [edit["spliceFrame"] for edit in console.page.evaluate("window.stemwire.heard()")]
    recording, found = console.recording(), []
    for start, stop in zip(starts, [*starts[1:], 2**40], strict=True):
        ours = (recording.at >= start) & (recording.at < stop) & ~recording.faded
        at = recording.at[ours]
        differs = np.any(recording.audio[ours] != song[at - start], axis=1)
        splice = [frame for frame in splices if start <= frame < stop]
        if splice and differs.any():
            found.append(int(at[np.argmax(differs)]) - splice[0])
    return found


def measure(browser: Browser, url: str, codec: str, count: int, report: Report) -> None:
    """One codec: turn, then look at all three clocks."""
    console = Console.open(browser, url, f"record=110&codec={codec}")
    console.page.evaluate("window.audibleAt = 0")
    console.page.evaluate(WATCH)
    console.slider("Pad Fader").focus()  # it never falls silent, so a change is heard at once
    if codec == "pcm-f32":
        moved = changes(console, 5)
        report.row(f"{codec}: first changed sample after the splice, median of {len(moved)}", statistics.median(moved), "frames")
    console.press_play()
    console.until(lambda: console.state("buffered") > 1.8 * RATE)
    turns(console, count)
    heard = console.page.evaluate("window.stemwire.heard()")
    joins = [join for join in console.page.evaluate("window.stemwire.joins()") if join["readyMs"] is not None]
    figures = [edit["knobToEarMs"] for edit in heard]
    wall = on_the_wall_clock(console.page.evaluate("window.presses"), heard)
    report.row(f"{codec}: turns heard, of {count}", len(figures), "")
    report.row(f"{codec}: knob to ear, median", statistics.median(figures), "ms")
    report.row(f"{codec}: knob to ear, p95", percentile(figures, 95), "ms")
    report.row(f"{codec}: knob to ear on the wall clock, median", statistics.median(wall), "ms")
    report.row(f"{codec}: knob to ear on the wall clock, p95", percentile(wall, 95), "ms")
    report.row(f"{codec}: set to ring, median", statistics.median(join["readyMs"] for join in joins), "ms")
    report.row(f"{codec}: set to ring, p95", percentile([join["readyMs"] for join in joins], 95), "ms")
    report.row(f"{codec}: late splices", len(console.late()), "")
    report.row(f"{codec}: underruns", console.state("underruns"), "")
    console.close()


def first_audio(browser: Browser, url: str, codec: str, tries: int, report: Report) -> None:
    """From the key to the first audible sample's block, in a new page and in one that has played before."""
    cold, warm = [], []
    for _ in range(tries):
        console = Console.open(browser, url, f"record=30&codec={codec}")
        console.page.evaluate("window.audibleAt = 0")
        console.page.evaluate(WATCH)
        for _ in range(3):
            console.press_play()
            count = len(cold) + len(warm)
            console.until(lambda console=console: console.page.evaluate("window.sounded.length") > 0)
            (warm if count % 3 else cold).append(console.page.evaluate("window.sounded.pop()"))
            console.page.wait_for_timeout(300)
            console.page.keyboard.press(".")
            console.until(lambda console=console: not console.state("running") and console.state("transport") == "stopped")
        console.close()
    for name, found in (("new page", cold), ("stop and play", warm)):
        report.row(f"{codec}: first audio, {name}, median", statistics.median(found), "ms")
        report.row(f"{codec}: first audio, {name}, p95", percentile(found, 95), "ms")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--tries", type=int, default=10)
    arguments = parser.parse_args()
    report = Report("knob", "Knob to ear in Chromium")
    if chromium.find() is None:
        print("  There is no Chromium on this machine.")
        return
    settings = {"DEMO": "on", "STREAMS_PER_WORKSPACE": "32", "WORKSPACES_PER_MINUTE": "1000", "LOG_LEVEL": "warning"}
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), settings) as server, chromium.launched() as browser:
        for codec in ("pcm-f32", "opus"):
            measure(browser, server.url, codec, arguments.turns, report)
            first_audio(browser, server.url, codec, arguments.tries, report)
    report.write()


if __name__ == "__main__":
    main()
