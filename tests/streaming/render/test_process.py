"""A process held by its pidfd."""

import os
import subprocess
import sys

import pytest
from helpers.waiting import wait_for_death

from streaming.render.process import PidfdProcess


def sleeper():
    """A process that does nothing, and our hold on it."""
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"])
    return child, PidfdProcess(os.pidfd_open(child.pid))


def test_it_is_ended_and_seen_dead():
    """A killed process's descriptor is readable; to kill it once more, even when it was waited for, does no harm."""
    child, held = sleeper()
    held.kill()
    wait_for_death([os.dup(held.fileno())])
    held.kill()
    assert child.wait() == -9
    held.kill()
    held.close()


def test_letting_go_closes_the_descriptor():
    """What was let go of holds no descriptor any more, and the process lives on."""
    child, held = sleeper()
    number = held.fileno()
    held.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    assert child.poll() is None
    child.kill()
    child.wait()
