import pytest

from streaming.errors import OutOfRange
from streaming.live.timeline import MIN_LOOP
from streaming.live.transport import Transport, checked_loop


@pytest.mark.parametrize(
    ("commands", "state", "actions"),
    [
        (["play"], "playing", ["start"]),
        (["play", "play"], "playing", ["start", None]),
        (["play", "pause", "play"], "playing", ["start", "pause", "resume"]),
        (["play", "pause", "stop"], "stopped", ["start", "pause", "stop"]),
        (["play", "end", "play"], "playing", ["start", "end", "start"]),
        (["play", "end", "stop"], "stopped", ["start", "end", "stop"]),
        (["pause", "stop", "end"], "stopped", [None, None, None]),
        (["play", "pause", "end"], "paused", ["start", "pause", None]),
    ],
)
def test_commands(commands, state, actions):
    """Each command means one thing in each state, or nothing."""
    transport = Transport()
    assert [transport.take(command) for command in commands] == actions
    assert transport.state == state
    assert transport.is_running == (state in ("playing", "paused"))


@pytest.mark.parametrize("loop", [(-1, 48_000), (0, MIN_LOOP - 1), (9_000, 8_000)])
def test_loop_that_cannot_be_played(loop):
    """A loop lies in the song and lasts 50 ms or more."""
    with pytest.raises(OutOfRange, match="at least 2400 frames"):
        checked_loop(loop)


def test_loop():
    """A loop that can be played, or none."""
    assert checked_loop((0, MIN_LOOP)) == (0, MIN_LOOP)
    assert checked_loop(None) is None
