import os
import signal
import subprocess
import sys

from helpers.waiting import wait_for_death
from hypothesis import given
from hypothesis import strategies as st

from streaming.render import channel

UINT = st.integers(0, 2**32 - 1)


@given(UINT, UINT, UINT, UINT, UINT)
def test_an_arena_is_announced_with_its_shape(number, tracks, slots, ring_frames, ahead):
    """What is packed is unpacked, behind its kind."""
    message = channel.pack_attach(number, tracks, slots, ring_frames, ahead)
    assert message[:1] == channel.ATTACH
    assert channel.unpack_attach(message) == (number, tracks, slots, ring_frames, ahead)


@given(st.sampled_from([channel.DETACH, channel.SOURCE]), UINT, st.text(max_size=50))
def test_messages_about_an_arena(kind, number, text):
    """Number and path survive, whatever the path's letters."""
    message = channel.pack_number(kind, number, text)
    assert (message[:1], channel.unpack_number(message)) == (kind, (number, text))


def test_the_longest_message_fits():
    """A datagram of the greatest length is taken at once by a socket nobody reads yet, and arrives whole."""
    ours, theirs = channel.pair()
    ours.setblocking(False)
    message = os.urandom(channel.MAX_BYTES)
    ours.send(message)
    assert theirs.recv(channel.MAX_BYTES) == message
    ours.close()
    theirs.close()


def test_a_process_dies_with_its_parent():
    """The kernel ends a child whose parent is gone, and Ctrl-C and TERM are the parent's to answer."""
    code = """
import os, signal, time
from streaming.render import channel
if not os.fork():
    channel.die_with_parent()
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    print(os.getpid(), flush=True)
    time.sleep(600)
signal.pause()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    with parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        wait_for_death([child])
