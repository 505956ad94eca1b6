"""The supervisor, with real children and real signals: a small program stands in for the server."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.serving import ROOT
from helpers.waiting import wait_for_death

from server.supervisor import LONGEST_PAUSE_S, Bond, exit_code, pause_s

PROGRAM = """
import os, signal, socket, sys, time
from server.supervisor import Bond, Supervisor
from streaming.offline.child import die_with_parent

def serve(bond, folder, manner):
    die_with_parent(bond.parent)
    listener = bond.take()
    with open(folder + "/pids", "a") as pids:
        print(os.getpid(), file=pids)
    if manner == "stillborn":
        sys.exit(7)
    if manner == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    bond.say_ready()
    listener.listen()
    while True:
        connection, _ = listener.accept()
        connection.sendall(str(os.getpid()).encode())
        connection.close()

folder, manner = sys.argv[1:3]
if len(sys.argv) > 3:
    serve(Bond.parse(sys.argv[3]), folder, manner)
listener = socket.create_server(("127.0.0.1", 0))
with open(folder + "/port", "w") as port:
    print(listener.getsockname()[1], file=port)
command = lambda bond: (sys.executable, "-c", os.environ["PROGRAM"], folder, manner, str(bond))
sys.exit(Supervisor(command, listener, 0.5).run())
"""


class House:
    """A supervised program."""

    def __init__(self, folder: Path, manner: str = "") -> None:
        self._folder = folder
        environment = {**os.environ, "PROGRAM": PROGRAM, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), manner],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def pids(self, count: int) -> list[int]:
        """The children there were, once there were so many."""
        return self._numbers("pids", count)

    def _port(self) -> int:
        return self._numbers("port", 1)[0]

    def _numbers(self, name: str, count: int) -> list[int]:
        deadline, file = time.monotonic() + 60, self._folder / name
        while time.monotonic() < deadline:
            numbers = [int(line) for line in file.read_text().split()] if file.exists() else []
            if len(numbers) >= count:
                return numbers
            time.sleep(0.01)
        raise AssertionError(f"no {count} {name}")

    def asked(self) -> int:
        """Which child answers."""
        with socket.create_connection(("127.0.0.1", self._port()), timeout=60) as connection:
            return int(connection.recv(64))

    def ends(self) -> int:
        """How the supervisor ends."""
        return self.process.wait(60)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One whose child answers."""
    with House(tmp_path) as made:
        yield made


def test_a_killed_server_is_started_again(house: House) -> None:
    """Who connects meanwhile waits, and is answered by the next one."""
    first = house.asked()
    pidfd = os.pidfd_open(first)
    os.kill(first, signal.SIGKILL)
    wait_for_death([pidfd])
    second = house.asked()
    assert house.pids(2) == [first, second]
    assert first != second


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_server_when_told_to(house: House, sign: signal.Signals) -> None:
    """Either signal: the child is told, nobody is left, and it counts as success."""
    pidfd = os.pidfd_open(house.asked())
    house.process.send_signal(sign)
    assert house.ends() == 0
    wait_for_death([pidfd])


def test_a_killed_supervisor_leaves_no_server(house: House) -> None:
    """The child dies with it, whatever it does."""
    pidfd = os.pidfd_open(house.asked())
    house.process.kill()
    wait_for_death([pidfd])


def test_a_server_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """After its grace time."""
    with House(tmp_path, "deaf") as house:
        pidfd = os.pidfd_open(house.asked())
        house.process.send_signal(signal.SIGTERM)
        assert house.ends() == 128 + signal.SIGKILL
        wait_for_death([pidfd])


def test_a_server_that_cannot_start_is_not_tried_again(tmp_path: Path) -> None:
    """Whoever starts it sees why, and its code."""
    with House(tmp_path, "stillborn") as house:
        assert house.ends() == 7
        assert len(house.pids(1)) == 1


def test_pauses_grow_to_a_bound() -> None:
    """None at first, then doubling; half of it is chance, so that many servers do not start at once."""
    assert [pause_s(failures, lambda: 1.0) for failures in range(4)] == [0.0, 0.25, 0.5, 1.0]
    assert pause_s(3, lambda: 0.0) == 0.5
    assert pause_s(10_000, lambda: 1.0) == LONGEST_PAUSE_S


def test_exit_codes_are_the_shells() -> None:
    """A signal that was asked for is success, another counts from 128."""
    assert [exit_code(code) for code in (0, 3, -signal.SIGTERM, -signal.SIGINT, -signal.SIGKILL)] == [0, 3, 0, 0, 137]


def test_a_bond_is_read_back() -> None:
    """What a child is told on its command line."""
    assert Bond.parse(str(Bond(1, 2, 3))) == Bond(1, 2, 3)
