"""Live streams under load: N streams of the demo's eight stems, each of a guest of its own (streams of one project follow one
desk: a fader dragged there is dragged in all of them), each with its own arena, some of them dragging a fader.

A server runs in one process, all listeners in another, on this machine's loopback, bounded in number and time. Every packet is
decoded and counted. Prints and writes: underruns, late splices, gaps, time to first audio, knob to ear as the listeners compute
it (from sending a ``set`` to its splice frame being played), CPU per stream second, memory per stream.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers.serving import Client, Server  # noqa: E402 - the path comes first
from report import Report, percentile  # noqa: E402

MEGABYTE = 1e6
RAMP_S, SETTLE_S = 0.05, 5.0
"""A listener starts that long after the one before it; all are at rest that long after the last one started."""
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: list[int]) -> float:
    """CPU seconds that processes have used, all together."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss_mb(pid: int) -> float:
    """Megabytes of memory of a process: its own, and its share of the arenas that it has mapped."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rows = dict(line.split(":") for line in rollup.splitlines()[1:])
    return int(rows["Pss"].split()[0]) / 1e3


def first_audio(client: Client, project: str, codec: str, tries: int) -> list[float]:
    """Milliseconds from ``play`` to the first audio, one stream at a time on an idle server."""
    found = []
    for _ in range(tries):
        stream = client.call("POST", "/streams", {"project_id": project})
        found.append(listen([Seat(stream["url"], client.cookie)], codec, 1.5)[0]["first_audio_ms"])
    return found


@dataclass(frozen=True)
class Seat:
    """Where one listener goes: its stream, its guest's cookie, what it drags, if anything, and whether another one plays."""

    url: str
    cookie: str
    drag: str = ""
    follows: bool = False


def seats(guests: list[Client], dragging: int, listeners: int = 1) -> list[Seat]:
    """Open a stream of each guest's demo song, with so many listeners; one in each of the first ``dragging`` drags a fader."""
    found = []
    for number, guest in enumerate(guests):
        project = guest.demo()
        fader = f"tracks/{guest.call('GET', f'/projects/{project}')['mix']['tracks'][0]['id']}/fader_db"
        url = guest.call("POST", "/streams", {"project_id": project})["url"]
        found.append(Seat(url, guest.cookie, fader if number < dragging else ""))
        found += [Seat(url.split("?")[0], guest.cookie, follows=True)] * (listeners - 1)
    return found


def listen(places: list[Seat], codec: str, seconds: float, *more: str) -> list[dict[str, Any]]:
    """Run listeners in processes of their own, as many as there are processors at most, and wait for what they saw."""
    command = [sys.executable, str(ROOT / "benchmarks" / "listeners.py"), "--codec", codec, "--seconds", str(seconds), *more]
    shares = [share for n in range(os.cpu_count() or 1) if (share := places[n :: os.cpu_count() or 1])]
    with ThreadPoolExecutor(len(shares)) as threads:
        ended = list(threads.map(partial(_listen, command, seconds + RAMP_S * len(places) + 120), shares))
    return [figures for share in ended for figures in share]


def _listen(command: list[str], timeout: float, places: list[Seat]) -> list[dict[str, Any]]:
    given = json.dumps([asdict(seat) for seat in places])
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise SystemExit(f"the listeners failed: {done.stderr[-2000:]}")
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


def at_rest(server: Server, streams: int, starting_s: float, seconds: float) -> tuple[float, float]:
    """Milliseconds of CPU per stream second of the server and of its workers, from when all play until before they end."""
    workers, began = server.workers(), time.monotonic()
    time.sleep(starting_s + SETTLE_S)
    since, before = time.monotonic(), [cpu_s([server.process.pid]), cpu_s(workers)]
    time.sleep(max(1.0, began + seconds - 2 - since))
    elapsed = time.monotonic() - since
    spent = [cpu_s([server.process.pid]) - before[0], cpu_s(workers) - before[1]]
    return spent[0] / elapsed / streams * 1e3, spent[1] / elapsed / streams * 1e3


def run(arguments: argparse.Namespace, report: Report) -> None:
    """Measure one server."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "DEMO": "on",
            "STREAMS": "500",
            "STREAMS_PER_WORKSPACE": "500",
            "LISTENERS_PER_STREAM": "100",
            "WORKSPACES_PER_MINUTE": "10000",
            "TICKET_S": "300",
            "LOG_LEVEL": "warning",
        }
        with Server(Path(folder), env) as server:
            client = Client(server.url)
            first = first_audio(client, client.demo(), arguments.codec, 10)
            report.row("first audio, idle server, median", statistics.median(first), "ms")
            report.row("first audio, idle server, p95", percentile(first, 95), "ms")
            time.sleep(1)
            load(server, arguments, report)


def load(server: Server, arguments: argparse.Namespace, report: Report) -> None:
    """Measure many streams at once."""
    streams, seconds = arguments.streams, arguments.seconds
    memory = pss_mb(server.process.pid)
    dragging = round(streams * arguments.dragging)
    before = cpu_s([server.process.pid, *server.descendants()])
    places = seats([Client(server.url) for _ in range(streams)], dragging, arguments.listeners)
    starting_s = RAMP_S * len(places) / (os.cpu_count() or 1)
    with ThreadPoolExecutor(1) as threads:
        rest = threads.submit(at_rest, server, streams, starting_s, seconds)
        figures = listen(places, arguments.codec, seconds)
        serving, working = rest.result()
    used = cpu_s([server.process.pid, *server.descendants()]) - before
    report.row(f"streams of {arguments.codec}, {dragging} of them dragging", streams, "")
    report.row("listeners, all together", len(figures), "")
    heard(figures, seconds, report)
    report.row("CPU per stream second, opening and starting included", used / (seconds * streams) * 1e3, "ms")
    report.row("once all play, in the server (deciding, packing, sending)", serving, "ms")
    report.row("once all play, in the workers (rendering, encoding)", working, "ms")
    report.row("once all play, all together", (serving + working) * streams / 1e3, "cores")
    if arguments.listeners > 1:
        report.row("once all play, in the server for each listener", serving / arguments.listeners, "ms")
    report.row("memory of the server per stream (PSS)", (pss_mb(server.process.pid) - memory) / streams, "MB")


def heard(figures: list[dict[str, Any]], seconds: float, report: Report) -> None:
    """What the listeners counted."""
    for name in ("underruns", "gaps", "late", "splices", "packets"):
        report.row(name, sum(figure[name] for figure in figures), "")
    due = seconds * 48_000 * len(figures)
    report.row("frames received, of those that were due", sum(figure["frames"] for figure in figures) / due, "x")
    first = [figure["first_audio_ms"] for figure in figures]
    for share in (50, 95, 99):
        report.row(f"first audio while others play, p{share}", percentile(first, share), "ms")
    knobs = [ms for figure in figures for ms in figure["knob_ms"]]
    for share in (50, 95) if knobs else ():
        report.row(f"knob to ear under load, p{share}", percentile(knobs, share), "ms")
    problems = [problem for figure in figures for problem in figure["problems"]]
    report.row("problems", len(problems), "")
    for problem in sorted(set(problems))[:5]:
        print("   ", problem)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--listeners", type=int, default=1, help="in the room of each stream")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--codec", default="opus", choices=("opus", "pcm-s16", "pcm-f32"))
    parser.add_argument("--dragging", type=float, default=0.1, help="share of the streams that drag a fader")
    arguments = parser.parse_args()
    report = Report("load", "Live streams")
    run(arguments, report)
    report.write()


if __name__ == "__main__":
    main()
