"""The process that has loaded the kernels and forks workers: ``python -m streaming.render.zygote SOCKET PARENT NICE LIBOPUS``.

It is a fresh program with one thread, never a fork of the threaded server, so its forks are safe and share its memory. For every
socket it is sent it forks one worker and answers with the worker's pidfd. It ends when its own socket is closed or its parent is
gone, and its workers with it.
"""

import gc
import logging
import os
import secrets
import signal
import socket
import sys

import dsp.render
from dsp import warm
from dsp.cache import kernel_stamp
from streaming.render import channel, worker
from streaming.render.opus import Library

logger = logging.getLogger(__name__)


def fork(control: socket.socket, end: int, opus: Library | None, boot: int) -> int:
    """Fork a worker for a socket; answers its process."""
    zygote = os.getpid()
    if pid := os.fork():
        os.close(end)
        return pid
    try:
        control.close()
        channel.die_with_parent()
        if os.getppid() == zygote:
            worker.serve(socket.socket(fileno=end), opus, boot)
    except ConnectionError:
        pass  # the pool is gone
    finally:
        os._exit(0)


def announce(control: socket.socket, pid: int) -> None:
    """Send a worker's pidfd; a worker that is dead already has none."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        control.send(channel.pack_born(pid))
        return
    socket.send_fds(control, [channel.pack_born(pid)], [pidfd])
    os.close(pidfd)


def main(arguments: list[str]) -> None:
    """Load the kernels, then fork on demand."""
    control, parent, nice, opus = socket.socket(fileno=int(arguments[0])), int(arguments[1]), int(arguments[2]), arguments[3]
    channel.die_with_parent()
    os.nice(nice)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if not warm.loaded():
        logger.warning("kernels had to be compiled: run python -m dsp.warm ahead of serving")
    library = Library(opus) if opus else None
    boot = secrets.randbits(63) | 1
    gc.collect()
    gc.freeze()
    control.send(channel.READY + bytes.fromhex(kernel_stamp(dsp.render.__file__)))
    while os.getppid() == parent:
        message, fds, _, _ = socket.recv_fds(control, channel.MAX_BYTES, 1)
        if message != channel.FORK:
            break
        announce(control, fork(control, fds[0], library, boot))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ConnectionError:
        sys.exit(0)
