"""Do bounces delay live chunks? The live lead with all processors saturated by bounces, against the same streams without.

Streams of the demo's eight stems play, one of them with a fader being dragged; the lead is what their listeners hold ahead of
their playheads, looked at fifty times a second. Rounds without bounces and with as many as fill every processor take turns. The
figure is the lead that 99 % of the looks find at least; dragged streams, whose lead is short on purpose, are told by
how late their edits are heard.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import psutil  # noqa: E402 - the path comes first
from helpers.serving import Client, Server  # noqa: E402
from load import listen, seats  # noqa: E402
from report import Report, percentile  # noqa: E402

SETTLED_S = 4.0
"""After so long every listener holds its full lead."""
CORES = os.cpu_count() or 1
WAITING = 2
"""Bounces that wait for a processor at any time."""
DRAGGING = 1


@dataclass
class Side:
    """What all rounds of one kind saw."""

    leads: list[float] = field(default_factory=list)
    knobs: list[float] = field(default_factory=list)
    underruns: int = 0
    late: int = 0
    idle: list[float] = field(default_factory=list)
    bounces: int = 0

    def row(self, report: Report, kind: str) -> None:
        """Tell it."""
        report.row(f"lead, {kind}: median", percentile(self.leads, 50), "ms")
        report.row(f"lead, {kind}: p99 (one look in a hundred finds less)", percentile(self.leads, 1), "ms")
        report.row(f"lead, {kind}: least", min(self.leads), "ms")
        report.row(f"knob to ear, {kind}: p99", percentile(self.knobs, 99), "ms")
        report.row(f"underruns, {kind}", self.underruns, "")
        report.row(f"late splices, {kind}", self.late, "")
        report.row(f"processors idle, {kind}", sum(self.idle) / len(self.idle), "%")


@contextlib.contextmanager
def bouncing(guest: Client, project: str, side: Side) -> Iterator[None]:
    """Keep every processor busy with bounces meanwhile."""
    over = threading.Event()
    known: list[str] = []

    def feed() -> None:
        while not over.wait(0.2):
            rows = guest.call("GET", f"/projects/{project}/bounces")["bounces"]
            states = {row["id"]: row["status"] for row in rows}
            open_now = sum(states.get(one) in ("queued", "running") for one in known)
            wanted = range(CORES + WAITING - open_now)
            known.extend(guest.call("POST", f"/projects/{project}/bounces", {"format": "flac"})["id"] for _ in wanted)

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        yield
    finally:
        over.set()
        feeding.join()
        for one in known:
            if guest.call("GET", f"/bounces/{one}")["status"] == "done":
                side.bounces += 1
            guest.call("DELETE", f"/bounces/{one}")


def look(guests: list[Client], seconds: float, side: Side) -> None:
    """One round, on new streams."""
    places = seats(guests, DRAGGING)
    psutil.cpu_times_percent()
    figures = listen(places, "opus", seconds, "--leads-from", str(SETTLED_S))
    side.idle.append(psutil.cpu_times_percent().idle)
    for place, figure in zip(places, figures, strict=True):
        if not place.drag:
            side.leads += figure["lead_ms"]
        side.knobs += figure["knob_ms"]
        side.underruns += figure["underruns"]
        side.late += figure["late"]


def run(server: Server, arguments: argparse.Namespace, report: Report) -> None:
    """Take turns."""
    without, saturated = Side(), Side()
    guests = [Client(server.url) for _ in range(arguments.streams)]
    bouncer = Client(server.url)
    song = bouncer.demo()
    for _ in range(arguments.rounds):
        look(guests, arguments.seconds, without)
        with bouncing(bouncer, song, saturated):
            look(guests, arguments.seconds, saturated)
    report.row("streams, one of them with a fader being dragged", len(guests), "")
    without.row(report, "no bounces")
    saturated.row(report, "saturated")
    report.row("bounces done meanwhile", saturated.bounces, "")
    if not percentile(without.leads, 1):
        raise SystemExit("Listeners run dry without any bounces: this machine is too busy, or has too few processors.")
    report.row("p99 lead, saturated against no bounces", percentile(saturated.leads, 1) / percentile(without.leads, 1), "x")
    report.row("p99 knob to ear, the same", percentile(saturated.knobs, 99) / percentile(without.knobs, 99), "x")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    report = Report("lead", "Live lead while bounces saturate the machine")
    env = {
        "DEMO": "on", "STREAMS": "500", "STREAMS_PER_WORKSPACE": "500", "WORKSPACES_PER_MINUTE": "10000", "LIVE_SHARE": "100",
        "TICKET_S": "300", "BOUNCES_AT_ONCE": str(CORES), "BOUNCES_QUEUED": "100", "LOG_LEVEL": "warning",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), env) as server:
        run(server, arguments, report)
    report.write()


if __name__ == "__main__":
    main()
