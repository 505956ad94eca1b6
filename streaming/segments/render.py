"""The child that fills the shelf with segments of a mix: ``python -m streaming.segments.render``, an order on standard input.

It goes on from the last state that lies on the shelf at or before where it is to begin, at idle priority, and prints a line for
each segment that lies there now. What lies there already is not made again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streaming.offline.working import refusing, tell, work
from streaming.segments import shelf
from streaming.segments.engraving import Engraver, engraver
from streaming.segments.performance import Performance, Slot
from streaming.segments.score import Order, segment_name, slot_name


class Filling:
    """One order on its way."""

    def __init__(self, order: Order) -> None:
        self._order, self._folder = order, Path(order.folder)
        self._performance = Performance(order)
        self._engraver: Engraver = engraver(order)

    def run(self) -> Iterator[int]:
        """Fill the shelf; yields the number of each segment that lies there now."""
        order, slot = self._order, self._nearest(self._order.first)
        while slot.number < order.first + order.most and not slot.is_over:
            behind = self._known(slot)
            if behind is None:
                audio, behind = self._performance.segment(slot)
                if slot.number >= order.first:
                    segment = self._engraver.engrave(audio, slot, behind.is_over)
                    shelf.put(self._folder, segment_name(order.key, order.codec, slot.number), segment.to_bytes())
                shelf.put(self._folder, slot_name(order.key, behind.number), behind.to_bytes())
            if slot.number >= order.first:
                yield slot.number
            slot = behind

    def _known(self, slot: Slot) -> Slot | None:
        """The state behind a segment that is there already."""
        if shelf.get(self._folder, segment_name(self._order.key, self._order.codec, slot.number)) is None:
            return None
        return self._slot(slot.number + 1)

    def _nearest(self, number: int) -> Slot:
        found = (self._slot(earlier) for earlier in range(number, 0, -1))
        return next((slot for slot in found if slot is not None), None) or self._performance.opening()

    def _slot(self, number: int) -> Slot | None:
        content = shelf.get(self._folder, slot_name(self._order.key, number))
        slot = None if content is None else Slot.of(content)
        return slot if slot is not None and self._performance.fits(slot) else None


def carry_out(order: Order) -> Iterator[int]:
    """Fill the shelf; raises :class:`~streaming.offline.errand.Refused`."""
    with refusing():
        yield from Filling(order).run()


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    for number in carry_out(Order(**values)):
        tell(number)
    return {}


if __name__ == "__main__":
    work(_filled)
