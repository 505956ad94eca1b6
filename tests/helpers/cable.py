"""A cable between a browser and a server on this machine: it carries bytes, and it can be cut and mended."""

import contextlib
import socket
import threading
from types import TracebackType

from helpers.serving import free_port

BLOCK = 1 << 16


class Cable:
    """``with Cable(port) as cable``: who connects to ``cable.port`` reaches ``port``, unless the cable is cut."""

    def __init__(self, to: int) -> None:
        self.to, self.port = to, free_port()
        self._whole = threading.Event()
        self._whole.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> "Cable":
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()
        self._accepting.join(5)

    @property
    def url(self) -> str:
        """Where a browser goes."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Every connection breaks; new ones are refused."""
        self._whole.clear()
        with self._lock:
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """New connections get through again."""
        self._whole.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near:
            if not self._whole.is_set():
                return
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.to)) as far:
                with self._lock:
                    self._ends |= {near, far}
                back = threading.Thread(target=carry, args=(far, near), daemon=True)
                back.start()
                carry(near, far)
                back.join()
                with self._lock:
                    self._ends -= {near, far}


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Bytes one way, until either end is gone."""
    with contextlib.suppress(OSError):
        for end in (source, sink):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while block := source.recv(BLOCK):
            sink.sendall(block)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
