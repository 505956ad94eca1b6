"""The container of each kind of file."""

from streaming.broadcast.codecs import Kind
from streaming.listening.containers import Bare, Container
from streaming.listening.ogg import Ogg
from streaming.listening.webm import WebM


def container(kind: Kind, beginning: bytes) -> Container:
    """A new file; ``beginning`` is what its codec begins with."""
    if kind == "webm":
        return WebM()
    return Ogg() if kind == "ogg" else Bare(beginning)
