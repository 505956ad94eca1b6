"""The listeners of one stream together: where the room plays, and how far ahead a splice must lie for all of them."""

from collections.abc import Iterator

from streaming.listening.pacer import Codec, Pacer
from streaming.live.feed import Feed
from streaming.live.shared_clock import Anchor, SharedClock
from streaming.render.job import NEVER


class Listeners:
    """One pacer for each listener, by the id that the shell gives it."""

    def __init__(self, feed: Feed) -> None:
        self.clock = SharedClock(feed)
        self._feed = feed
        self._pacers: dict[str, Pacer] = {}
        self._last = 0

    def __getitem__(self, listener: str) -> Pacer:
        return self._pacers[listener]

    def __iter__(self) -> Iterator[Pacer]:
        return iter(self._pacers.values())

    def __len__(self) -> int:
        return len(self._pacers)

    @property
    def joined(self) -> list[str]:
        """The ids of those that are sent audio."""
        return [listener for listener, pacer in self._pacers.items() if pacer.is_joined]

    @property
    def has_opus(self) -> bool:
        """Whether anybody wants packets."""
        return any(pacer.is_opus for pacer in self)

    def join(self, listener: str, codec: Codec, buffer_frames: int, now_us: int) -> Pacer:
        """Add a listener (in place of one of that id)."""
        self._last = self.playhead(now_us)
        first = next(self._joined(), None)
        self._pacers[listener] = pacer = Pacer(self._feed, codec, buffer_frames)
        if self._is_shared:
            self.clock.pin(self._last, first.heard if first else None, now_us)
        return pacer

    def leave(self, listener: str, now_us: int) -> None:
        """Remove a listener; with the last one the playhead stands still."""
        self._last = self.playhead(now_us)
        self._pacers.pop(listener, None)
        if not self._is_shared:
            self.clock.release()

    def playhead(self, now_us: int) -> int:
        """The stream frame that the furthest listener plays."""
        return max((pacer.at(now_us) for pacer in self._joined()), default=self._last)

    def horizon(self, now_us: int) -> int:
        """The first stream frame at which a splice reaches everybody in time."""
        return max((pacer.horizon(now_us) for pacer in self._joined()), default=self._last)

    def margin_frames(self) -> int:
        """The greatest margin."""
        return max((pacer.margin.frames for pacer in self._joined()), default=0)

    def place(self, frame: int, now_us: int) -> None:
        """The stream begins at ``frame``, where nobody plays yet."""
        self._last = frame
        self._feed.starts_us = self.clock.begin(frame, now_us, self._is_shared)

    def hold(self, frame: int) -> None:
        """Everybody stops at ``frame``."""
        self.clock.hold(frame)
        for pacer in self._joined():
            pacer.hold(frame)

    def resume(self, now_us: int) -> None:
        """Everybody goes on."""
        self._feed.starts_us = self.clock.resume(now_us, self._is_shared)
        for pacer in self._joined():
            pacer.resume(self._feed.starts_us)

    def heard(self, listener: str, frame: int, at_us: int) -> None:
        """A listener says that ``frame`` leaves its loudspeaker at ``at_us``."""
        self._pacers[listener].heard = Anchor(frame, at_us)

    def stalls_at(self) -> int:
        """When the next of them counts as stalled."""
        return min((pacer.stalls_at for pacer in self._joined()), default=NEVER)

    def stalled(self, now_us: int) -> list[str]:
        """The ids of those that count as stalled."""
        return [listener for listener, pacer in self._pacers.items() if pacer.stalls_at <= now_us]

    @property
    def _is_shared(self) -> bool:
        return len(self) > 1

    def _joined(self) -> Iterator[Pacer]:
        return (pacer for pacer in self if pacer.is_joined)
