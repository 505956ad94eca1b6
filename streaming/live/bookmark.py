"""A place in a stream from which it can be rendered on by another process: the console's state at a frame, as bytes and back.

The state is that of a slot which no splice can void any more, with the long lines that it reads. It fits only the kernels that
made it, so it carries their stamp. Whoever keeps the bytes sees to it that they come back whole.
"""

from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from streaming.render.arena import Arena, Slot

_HEAD = Struct("<4s32sIqqqq")
_MAGIC = b"SWB1"


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The state of an engine of class ``tracks`` at process frame ``frame``.

    ``rings`` is empty where no long line has ever been written to.
    """

    tracks: int
    frame: int
    state64: NDArray[np.float64]
    state32: NDArray[np.float32]
    rings: NDArray[np.float32]

    @classmethod
    def of(cls, arena: Arena, slot: Slot) -> "Bookmark":
        """Copy a slot that nobody writes to any more, and the rings."""
        return cls(arena.tracks, slot.frame, np.array(slot.state64), np.array(slot.state32), np.array(arena.rings))

    def put(self, arena: Arena, number: int) -> None:
        """Have a slot of an arena of the same class, with rings of the same length, hold this state."""
        slot = arena.slots[number]
        slot.invalidate()
        slot.state64[:], slot.state32[:] = self.state64, self.state32
        if len(self.rings):
            arena.rings[:] = self.rings
        slot.mark(self.frame)

    def pack(self, stamp: bytes) -> bytes:
        """As bytes; rings that hold nothing take none."""
        rings = self.rings if self.rings.any() else self.rings[:0]
        sizes = len(self.state64), len(self.state32), len(rings)
        head = _HEAD.pack(_MAGIC, stamp, self.tracks, self.frame, *sizes)
        return b"".join((head, self.state64.tobytes(), self.state32.tobytes(), rings.tobytes()))

    @classmethod
    def unpack(cls, content: bytes, stamp: bytes, longest: int) -> "Bookmark | None":
        """Read :meth:`pack` back; nothing if other kernels, another version of this file, or an engine whose rings have another
        length than ``longest`` floats (with another lead) have written it.
        """
        if len(content) < _HEAD.size:
            return None
        magic, made_by, tracks, frame, n64, n32, floats = _HEAD.unpack_from(content)
        if (magic, made_by) != (_MAGIC, stamp) or len(content) != _HEAD.size + 8 * n64 + 4 * (n32 + floats):
            return None
        if floats not in (0, longest):
            return None
        state64 = np.frombuffer(content, np.float64, n64, _HEAD.size)
        state32 = np.frombuffer(content, np.float32, n32, _HEAD.size + 8 * n64)
        rings = np.frombuffer(content, np.float32, floats, _HEAD.size + 8 * n64 + 4 * n32)
        return cls(tracks, frame, state64, state32, rings)
