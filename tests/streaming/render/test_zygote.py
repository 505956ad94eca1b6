import os
import signal
import socket
import subprocess
import sys

import pytest
from helpers.descriptors import children
from helpers.waiting import wait_for_death

from streaming.render import channel
from streaming.render.nursery import environment


@pytest.fixture
def zygote():
    """A zygote of this process, and our end of its socket."""
    ours, theirs = channel.pair()
    command = [sys.executable, "-m", "streaming.render.zygote", str(theirs.fileno()), str(os.getpid()), "5", ""]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment())
    theirs.close()
    with process, ours:
        ours.settimeout(120)
        ready = ours.recv(64)
        assert (ready[:1], len(ready)) == (channel.READY, 33), "and the stamp of its kernels"
        yield process, ours
        ours.close()
        process.wait(30)


def fork(control):
    """Ask for a worker; answers our end of its socket, its process and pidfd."""
    ours, theirs = channel.pair()
    socket.send_fds(control, [channel.FORK], [theirs.fileno()])
    theirs.close()
    message, fds, _, _ = socket.recv_fds(control, 16, 1)
    return ours, channel.unpack_born(message), fds[0]


def test_forks_until_its_socket_is_closed(zygote):
    """Each request is one worker; when the socket ends, so do the zygote and its workers."""
    process, control = zygote
    workers = [fork(control) for _ in range(3)]
    assert children(process.pid) == {pid for _, pid, _ in workers}
    control.close()
    assert process.wait(30) == 0
    wait_for_death([pidfd for _, _, pidfd in workers])
    for end, _, _ in workers:
        end.close()


def test_has_one_thread(zygote):
    """A fork of it copies no lock that another thread holds."""
    process, _ = zygote
    assert len(os.listdir(f"/proc/{process.pid}/task")) == 1


def test_leaves_terminal_and_supervisor_to_the_server(zygote):
    """Ctrl-C and TERM, sent to the whole group, end neither zygote nor worker: the server may drain."""
    process, control = zygote
    end, worker, pidfd = fork(control)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker, number)
        process.send_signal(number)
    other, _, other_pidfd = fork(control)
    assert worker in children(process.pid)
    for each in (end, other):
        each.close()
    wait_for_death([pidfd, other_pidfd])


def test_buries_its_dead(zygote):
    """No zombie is left of a worker that died."""
    _, control = zygote
    end, worker, pidfd = fork(control)
    os.kill(worker, signal.SIGKILL)
    wait_for_death([pidfd])
    other, _, other_pidfd = fork(control)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    for each in (end, other):
        each.close()
    os.close(other_pidfd)
