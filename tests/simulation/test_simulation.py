"""A short piece of the simulation, that a seed is replayed, and that it finds what it is there to find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from simulation.plan import plan
from simulation.running import run

from dsp.grid import QUANTUM
from server.doorkeeper import Doorkeeper
from streaming.listening.pacer import Pacer
from streaming.live.feed import Epoch, Reason

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent


def simulation(*arguments: str, hashes: str = "0") -> subprocess.CompletedProcess[str]:
    """The program, as ``make simulate`` runs it."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{TESTS}", "PYTHONHASHSEED": hashes}
    return subprocess.run(
        [sys.executable, "-m", "simulation", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_a_short_piece() -> None:
    """Every promise is kept in a few worlds; `make simulate` looks at as many as one likes."""
    ended = simulation("--hours", "0.04", "--seed", "suite", "--seconds", "40")
    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout[-6_000:] + ended.stderr[-2_000:]


def test_a_seed_is_replayed() -> None:
    """The same seed is the same world, event by event, in another process."""
    first, second = (simulation("--seed", "replay.1", "--seconds", "15", hashes=hashes) for hashes in ("0", "7"))
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr + second.stdout + second.stderr
    assert "checksum" in first.stdout
    assert first.stdout == second.stdout


def found(seeds: range, seconds: float = 25.0) -> str:
    """What is broken in the first of these worlds that breaks."""
    worlds = (run(plan(f"planted.{seed}", seconds)) for seed in seeds)
    return next((outcome.broken for outcome in worlds if outcome.broken), "")


def test_it_finds_credit_that_is_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One packet more than a listener has room for is noticed."""
    honest = Pacer.credit_to.fget
    assert honest
    monkeypatch.setattr(Pacer, "credit_to", property(lambda pacer: honest(pacer) + QUANTUM))
    assert "promised up to" in found(range(20))


def test_it_finds_a_splice_that_drops_a_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first packet behind an edit is not sent: that is noticed."""
    honest = Pacer._announce

    def careless(pacer: Pacer, epoch: Epoch, starts_at: int, fade: int, reason: Reason) -> None:
        honest(pacer, epoch, starts_at, fade, reason)
        pacer.sent_to += QUANTUM if reason == "edit" else 0

    monkeypatch.setattr(Pacer, "_announce", careless)
    assert found(range(20))


def test_it_finds_a_listener_that_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seat that is kept for ever is noticed."""
    monkeypatch.setattr(Doorkeeper, "tidy", lambda _door, _now: None)
    assert "left when everybody had gone" in found(range(20))
