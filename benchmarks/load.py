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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers.serving import Client, Server  # noqa: E402 - the path comes first
from report import Report, percentile  # noqa: E402

MEGABYTE = 1e6
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


def shared_mb(pid: int) -> float:
    """Megabytes of memfd arenas that are mapped and in use in a process, and its private memory."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rows = dict(line.split(":") for line in rollup.splitlines()[1:])
    kilobytes = sum(int(rows[name].split()[0]) for name in ("Pss",))
    return kilobytes / 1e3


def first_audio(client: Client, project: str, codec: str, tries: int) -> list[float]:
    """Milliseconds from ``play`` to the first audio, one stream at a time on an idle server."""
    found = []
    for _ in range(tries):
        stream = client.call("POST", "/streams", {"project_id": project})
        found.append(listen([Seat(stream["url"], client.cookie)], codec, 1.5)[0]["first_audio_ms"])
    return found


@dataclass(frozen=True)
class Seat:
    """Where one listener goes: its stream, its guest's cookie, and what it drags, if anything."""

    url: str
    cookie: str
    drag: str = ""


def seats(guests: list[Client], dragging: int) -> list[Seat]:
    """Open a stream of each guest's demo song; the first ``dragging`` of them drag a fader."""
    found = []
    for number, guest in enumerate(guests):
        project = guest.demo()
        fader = f"tracks/{guest.call('GET', f'/projects/{project}')['mix']['tracks'][0]['id']}/fader_db"
        url = guest.call("POST", "/streams", {"project_id": project})["url"]
        found.append(Seat(url, guest.cookie, fader if number < dragging else ""))
    return found


def listen(places: list[Seat], codec: str, seconds: float, *more: str) -> list[dict[str, Any]]:
    """Run listeners in a process of their own."""
    command = [sys.executable, str(ROOT / "benchmarks" / "listeners.py"), "--codec", codec, "--seconds", str(seconds), *more]
    done = subprocess.run(
        command,
        input=json.dumps([asdict(seat) for seat in places]),
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the listeners failed: {done.stderr[-2000:]}")
    answer: list[dict[str, Any]] = json.loads(done.stdout)
    return answer


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
    pids = [server.process.pid, *server.descendants()]
    memory = shared_mb(server.process.pid)
    dragging = round(arguments.streams * arguments.dragging)
    places = seats([Client(server.url) for _ in range(arguments.streams)], dragging)
    before, since = cpu_s(pids), time.monotonic()
    figures = listen(places, arguments.codec, arguments.seconds)
    elapsed = time.monotonic() - since
    used = cpu_s([server.process.pid, *server.descendants()]) - before
    after = shared_mb(server.process.pid)
    report.row(f"streams of {arguments.codec}, {dragging} of them dragging", len(figures), "")
    for name in ("underruns", "gaps", "late", "splices", "packets"):
        report.row(name, sum(figure[name] for figure in figures), "")
    report.row(
        "frames decoded, of those that were due",
        sum(f["frames"] for f in figures) / (arguments.seconds * 48_000 * len(figures)),
        "x",
    )
    report.row("CPU of the server and its workers", used / elapsed, "cores")
    report.row("CPU per stream second", used / (arguments.seconds * len(figures)) * 1e3, "ms")
    report.row("memory of the server per stream (PSS)", (after - memory) / len(figures), "MB")
    knobs = [ms for figure in figures for ms in figure["knob_ms"]]
    if knobs:
        report.row("knob to ear under load, median", statistics.median(knobs), "ms")
        report.row("knob to ear under load, p95", percentile(knobs, 95), "ms")
    problems = [problem for figure in figures for problem in figure["problems"]]
    report.row("problems", len(problems), "")
    for problem in sorted(set(problems))[:5]:
        print("   ", problem)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--codec", default="opus", choices=("opus", "pcm-s16", "pcm-f32"))
    parser.add_argument("--dragging", type=float, default=0.1, help="share of the streams that drag a fader")
    arguments = parser.parse_args()
    report = Report("load", "Live streams")
    run(arguments, report)
    report.write()


if __name__ == "__main__":
    main()
