"""A stream whose process has died, gone on with in another: for its listeners it is the same one.

It begins at a bookmark some seconds back and renders up to where the first listener that comes back says it is; from there on it
is a stream like any other. Listeners may acknowledge what the process before had sent them.
"""

from dsp.desk.mix import Mix
from dsp.grid import ceil_tile
from streaming.listening.pacer import Codec
from streaming.live.chunks import Generation
from streaming.live.lead import Limits
from streaming.live.past import Past, Standing
from streaming.live.stream import Stream
from streaming.live.timeline import SourceOf, Timeline


class Resumed(Stream):
    """The stream of a :class:`Past`. ``slot`` is the one that must hold the past's bookmark before anything is rendered.

    ``mix`` is the desk where no run goes on.
    """

    def __init__(
        self, past: Past, mix: Mix, *, arena: int, generation: Generation, tracks: int, slots: int, ring_frames: int,
        sources: SourceOf, limits: Limits | None = None,
    ) -> None:  # fmt: skip
        timeline = past.timeline
        super().__init__(
            timeline.mix if timeline else mix, arena=arena, generation=generation, tracks=tracks, slots=slots,
            ring_frames=ring_frames, sources=sources, limits=limits,
        )  # fmt: skip
        self.log, self.transport, self.splices = past.log, past.standing.transport, past.splices
        self.slot: int | None = None
        self._past, self._is_awaited = past, True
        self.feed.resume(past.epoch, past.first, timeline)
        self._place(past.playhead(None), 0)
        if timeline is not None:
            self.slot = self._go_on(timeline, past)

    def join(self, listener: str, codec: Codec, buffer_frames: int, now_us: int, played_to: int | None = None) -> None:
        """A listener has come; the first one that does says where the stream goes on."""
        if self._is_awaited:
            self._place(self._past.playhead(played_to), now_us)
            self._is_awaited = False
        super().join(listener, codec, buffer_frames, now_us)
        self.listeners[listener].knows(self._past.epoch, self._past.furthest)

    def _go_on(self, timeline: Timeline, past: Past) -> int | None:
        return self._rendering.resume(timeline, past.bookmark.frame if past.bookmark else None)

    def _place(self, frame: int, now_us: int) -> None:
        """Go on at a frame; nothing is spliced before it, nor before what the log has already."""
        self.listeners.place(frame, now_us)
        if self.transport.state != "playing":
            self.listeners.clock.hold(frame)
        self._floor = max(self._past.committed, ceil_tile(frame))

    @property
    def _is_there(self) -> bool:
        return self.feed.ready_to >= self._floor or self.feed.end is not None


def standing_of(stream: Stream, now_us: int) -> Standing:
    """What must be remembered of a stream beside its log and a bookmark."""
    playhead = stream.listeners.playhead(now_us)
    return Standing(stream.transport.copy(), playhead, stream.feed.ready_to, stream.feed.number, stream.splices)
