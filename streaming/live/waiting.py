"""The line of those who wait for a stream: first come, first served, bounded, and kept only by asking again.

Nobody is called: who waits asks again every few seconds and is told their place, and who no longer asks has left. No I/O.
"""

from collections import OrderedDict

from streaming.live.clock import Clock

ASK_AGAIN_S = 2
"""How soon those who wait are told to ask again."""

PATIENCE_S = 15
"""Who has not asked for so long has left: several lost requests, or the slow timers of a page in the background."""


class WaitingLine:
    """Those who wait, by an id of theirs; ``places`` is how many may (0: there is no line)."""

    def __init__(self, places: int, clock: Clock) -> None:
        self._places, self._clock = places, clock
        self._asked_us: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        self._forget()
        return len(self._asked_us)

    def ahead(self, who: str) -> int:
        """How many are served before somebody: all of the line, for those who do not stand in it."""
        self._forget()
        return next((place for place, one in enumerate(self._asked_us) if one == who), len(self._asked_us))

    def stand(self, who: str) -> int | None:
        """Keep somebody's place, or give them the last one; answers which it is, from 1, or nothing when the line is full."""
        place = self.ahead(who)
        if place >= self._places:
            return None
        self._asked_us[who] = self._clock.now_us()
        return place + 1

    def leave(self, who: str) -> None:
        """Somebody waits no longer."""
        self._asked_us.pop(who, None)

    def _forget(self) -> None:
        since = self._clock.now_us() - PATIENCE_S * 1_000_000
        for who in [who for who, asked_us in self._asked_us.items() if asked_us < since]:
            del self._asked_us[who]
