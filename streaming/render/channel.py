"""What travels on the sockets between the pool, its zygotes and its workers: one kind byte and a fixed struct per datagram.

Jobs and replies themselves are in ``streaming.render.job``. Descriptors (of arenas, sockets, processes) travel beside them.
"""

import ctypes
import signal
import socket
from struct import Struct

from streaming.render.job import MAX_JOB_BYTES

ATTACH, DETACH, SOURCE, LOST, JOB = b"A", b"D", b"S", b"L", b"J"
"""To a worker: map this arena (its descriptor comes along), forget it, it has one more source, one is lost, render."""

READY, FORK, BORN = b"R", b"F", b"B"
"""Of a zygote: it has loaded the kernels, whose stamp follows; fork a worker for this socket; here is its process."""

MAX_BYTES = 1 + MAX_JOB_BYTES

_ATTACH = Struct("<IIIII")
_NUMBER = Struct("<I")
_PID = Struct("<i")
_SET_PDEATHSIG = 1


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends that keep the bounds of messages."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_BYTES)
    return ends


def pack_attach(number: int, tracks: int, slots: int, ring_frames: int, ahead: int) -> bytes:
    """The message that an arena's descriptor comes with."""
    return ATTACH + _ATTACH.pack(number, tracks, slots, ring_frames, ahead)


def unpack_attach(message: bytes) -> tuple[int, int, int, int, int]:
    """Number, tracks, slots and ring frames of an arena, and how far ahead of a slot it is rendered."""
    number, tracks, slots, ring_frames, ahead = _ATTACH.unpack_from(message, 1)
    return number, tracks, slots, ring_frames, ahead


def pack_number(kind: bytes, number: int, text: str = "") -> bytes:
    """A message about one arena, with a path where it has one."""
    return kind + _NUMBER.pack(number) + text.encode()


def unpack_number(message: bytes) -> tuple[int, str]:
    """The arena a message is about, and its path."""
    return _NUMBER.unpack_from(message, 1)[0], message[1 + _NUMBER.size :].decode()


def pack_born(pid: int) -> bytes:
    """The message that a new worker's pidfd comes with."""
    return BORN + _PID.pack(pid)


def unpack_born(message: bytes) -> int:
    """The process of a new worker."""
    return int(_PID.unpack_from(message, 1)[0])


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent is gone, and leave signals of the terminal and of supervisors to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)
