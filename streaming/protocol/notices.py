"""What a stream has to tell everybody, besides audio: the shell turns notices into messages, in order."""

from dataclasses import dataclass

from streaming.live.log import Edit
from streaming.live.timeline import Loop
from streaming.live.transport import State


@dataclass(frozen=True, slots=True)
class Changed:
    """The transport is in ``state`` from stream frame ``frame`` on, where the song stands at ``position``."""

    state: State
    frame: int
    position: int
    epoch: int
    loop: Loop | None


@dataclass(frozen=True, slots=True)
class Heard:
    """An edit is heard from stream frame ``splice_frame`` on."""

    edit: Edit
    splice_frame: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A chunk cannot be rendered: the stream has stopped (``render_failed``)."""


Notice = Changed | Heard | Broken
