"""Which state slot of an arena holds what: a table beside the arena, which only the server keeps.

A slot is taken for a leg of a job and put back, or kept with the frame it stands at once the job is done. What is kept is thinned
to one slot every ``spacing`` frames, but for those at splice points; nothing is overwritten while a job uses it, since slots are
taken and dropped only between jobs.
"""

from dataclasses import dataclass

from dsp.grid import RATE

SPACING = RATE // 5
"""In steady state a slot is kept every 200 ms."""


FEWEST = 6
"""Slots below which a splice could find none to start from: the last, one before a splice, an encoder's, two to fill."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A slot that holds the state at process ``frame``; ``packet`` is what its Opus encoder comes to next, if it has one."""

    slot: int
    frame: int
    packet: int | None = None
    at_splice: bool = False


class SlotTable:
    """The free and the kept slots of one arena."""

    def __init__(self, count: int, spacing: int = SPACING) -> None:
        if count < FEWEST:
            raise ValueError(f"a stream needs {FEWEST} slots at least, got {count}")
        self._free = list(range(count - 1, -1, -1))
        self._kept: list[Kept] = []
        self._spacing = spacing

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What is kept, by frame."""
        return tuple(self._kept)

    def take(self, sparing: int, *needed: Kept | None) -> int:
        """Return a slot to render into, giving up the least useful kept one if none is free.

        ``sparing`` is the first frame at which a splice may still begin: the newest slot at or before it stays, as do those
        ``needed`` for the job at hand, and the last one.
        """
        if not self._free:
            splice = self.newest(sparing)
            spared = (*needed, splice, self._kept[-1])
            candidates = (i for i, kept in enumerate(self._kept) if kept not in spared)
            index = min(candidates, key=lambda i: self._usefulness(i, splice))
            self._free.append(self._kept.pop(index).slot)
        return self._free.pop()

    def put_back(self, slot: int) -> None:
        """Free a slot whose job came to nothing."""
        self._free.append(slot)

    def keep(self, kept: Kept) -> None:
        """Note what a taken slot holds now; it stands later than all others, or takes the place of one at its frame."""
        self.drop_from(kept.frame)
        self._kept.append(kept)

    def newest(self, frame: int) -> Kept | None:
        """Return the last slot that stands at or before a process frame."""
        return next((kept for kept in reversed(self._kept) if kept.frame <= frame), None)

    def encoder_before(self, packet: int) -> Kept | None:
        """Return the last slot whose encoder comes to ``packet`` or an earlier one."""
        return next((kept for kept in reversed(self._kept) if kept.packet is not None and kept.packet <= packet), None)

    def drop_from(self, frame: int) -> None:
        """Free the slots that stand at ``frame`` or later."""
        self._free.extend(kept.slot for kept in self._kept if kept.frame >= frame)
        self._kept = [kept for kept in self._kept if kept.frame < frame]

    def thin(self, oldest: int) -> None:
        """Free what stands before ``oldest`` but for the newest of them, and slots closer together than need be."""
        first = self.newest(oldest)
        for kept in [kept for kept in self._kept if first and kept.frame < first.frame]:
            self._drop(kept)
        for before, kept, after in list(zip(self._kept, self._kept[1:], self._kept[2:], strict=False)):
            if before in self._kept and not kept.at_splice and after.frame - before.frame <= self._spacing:
                self._drop(kept)

    def _drop(self, kept: Kept) -> None:
        self._kept.remove(kept)
        self._free.append(kept.slot)

    def _usefulness(self, index: int, spared: Kept | None) -> tuple[int, int]:
        """Orders kept slots: first those that no splice can need, oldest first; then those nearest to their neighbours."""
        frames = [kept.frame for kept in self._kept]
        if spared and frames[index] < spared.frame:
            return 0, frames[index]
        return 1, frames[min(index + 1, len(frames) - 1)] - frames[max(index - 1, 0)]
