"""What one listener is sent next, and when: credits, joins, epochs in their order. It names ranges and copies nothing.

The shell asks :meth:`Pacer.next` until it answers nothing, writes what it names (or stops asking while the transport is full),
and reports acknowledgements. A listener that cannot follow skips ahead; it is never waited for.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from typing import Literal

from dsp.grid import QUANTUM, ceil_tile
from streaming.errors import OutOfRange
from streaming.live.feed import Epoch, Feed, Reason, Shown
from streaming.live.playhead import Margin, Playhead, us_of
from streaming.live.shared_clock import Anchor
from streaming.render.job import NEVER

Codec = Literal["pcm-f32", "pcm-s16", "opus"]

STALLED_US = 10_000_000
"""A listener that plays and says nothing for this long is stalled."""

MEDIA, PREROLL = 1, 2
"""Kinds of media frames (protocol.md)."""

OPUS_FADE = 240
"""Frames before a splice over which a listener fades between two decodings."""

LATE_FADE = 240
"""Frames over which a listener fades into a splice that came late."""

_EPOCHS = 64
"""How many announced epochs are remembered, for late reports."""

_PREROLL_PACKETS = 4
_STEADY = {"pcm-f32": 5 * QUANTUM, "pcm-s16": 5 * QUANTUM, "opus": 10 * QUANTUM}
_YOUNG = 10 * QUANTUM
_MARGINS_US = {"pcm-f32": (25_000, 40_000), "pcm-s16": (25_000, 40_000), "opus": (60_000, 80_000)}


@dataclass(frozen=True, slots=True)
class Announce:
    """Send the message ``epoch``."""

    epoch: int
    starts_at: int
    fade_before: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Show:
    """Send the message ``segment``."""

    epoch: int
    segment: Shown


@dataclass(frozen=True, slots=True)
class Send:
    """Send frames ``start`` to ``start + frames`` of the ring as one media message of ``kind``.

    In Opus these are ``packets`` packets from ``start // 960`` on; the last message of a song holds one more than its frames
    fill, the flush packet, and its last packet with frames is padded. ``from_preroll``: they lie in the arena's pre-roll.
    """

    kind: int
    epoch: int
    start: int
    frames: int
    packets: int = 0
    is_last: bool = False
    from_preroll: bool = False


Outgoing = Announce | Show | Send


class Pacer:
    """One listener's credit, epoch and cursor."""

    def __init__(self, feed: Feed, codec: Codec, buffer_frames: int) -> None:
        self.codec = codec
        self.playhead = Playhead()
        self.margin = Margin(*_MARGINS_US[codec])
        self.epoch = 0
        self.sent_to = 0
        self.is_joined = False
        self.heard: Anchor | None = None
        self._feed = feed
        self._buffer_frames = buffer_frames
        self._credit_from = 0
        self._joined_epoch = 0
        self._young_to = 0
        self._shown_to = 0
        self._sent_most = 0
        self._ended = False
        self._heard_us: int | None = None
        self._queue: deque[Outgoing] = deque()
        self._starts: OrderedDict[int, int] = OrderedDict()

    @property
    def is_opus(self) -> bool:
        """Whether it is sent packets."""
        return self.codec == "opus"

    @property
    def credit_to(self) -> int:
        """The frame beyond which nothing may be sent."""
        return self._credit_from + self._buffer_frames

    def at(self, now_us: int) -> int:
        """Its playhead, which cannot be where nothing was sent yet."""
        return min(self.playhead.at(now_us), self.sent_to)

    def horizon(self, now_us: int) -> int:
        """The first frame at which a splice reaches it in time."""
        return self.at(now_us) + self.margin.frames

    def ack(self, epoch: int, played_to: int, now_us: int) -> None:
        """It has played to ``played_to``; raises :class:`OutOfRange` for what it cannot have been sent."""
        if epoch > self.epoch or not 0 <= played_to <= self._sent_most:
            raise OutOfRange(f"epoch {epoch} and frame {played_to} are beyond what was sent: {self.epoch} and {self._sent_most}")
        self._heard_us = now_us if self._heard_us is not None else None
        if epoch >= self._joined_epoch:
            self._credit_from = max(self._credit_from, played_to)
            self.playhead.ack(played_to, now_us)

    def late(self, epoch: int, frames: int) -> tuple[int, int] | None:
        """It joined an epoch's splice so many frames late; answers the span in which it heard something else, if known."""
        self.margin.late(frames)
        if epoch not in self._starts:
            return None
        first = self._starts[epoch] - (OPUS_FADE if self.is_opus else 0)
        return max(0, first), max(first + 1, min(first + frames + LATE_FADE, self._sent_most))

    def knows(self, epoch: int, sent_to: int) -> None:
        """It comes from a server that has died, which sent it nothing beyond this: it may still acknowledge that."""
        self.epoch, self._joined_epoch, self._sent_most = epoch, epoch + 1, sent_to

    @property
    def stalls_at(self) -> int:
        """When it will have been silent for too long, in microseconds."""
        return NEVER if self._heard_us is None else self._heard_us + STALLED_US

    def hold(self, frame: int) -> None:
        """It will stop at ``frame``; until it goes on it need not acknowledge anything."""
        self.playhead.hold(frame)
        self._heard_us = None

    def resume(self, now_us: int) -> None:
        """It goes on from where it was held."""
        self.playhead.resume(now_us)
        self._heard_us = now_us

    def rejoin(self) -> None:
        """Forget what was sent: the listener has come back, or cannot follow."""
        self.is_joined = False
        self._queue.clear()

    def next(self, now_us: int, room: int, is_playing: bool) -> Outgoing | None:
        """Name what to send next, or nothing for now; ``room`` is the stream's playhead."""
        if not self._queue:
            self._plan(now_us, room, is_playing)
        if not self._queue:
            return None
        outgoing = self._queue.popleft()
        if isinstance(outgoing, Send) and outgoing.kind == MEDIA:
            self.sent_to = outgoing.start + outgoing.frames
            self._sent_most = max(self._sent_most, self.sent_to)
            self._ended = outgoing.is_last
        return outgoing

    def _plan(self, now_us: int, room: int, is_playing: bool) -> None:
        behind = self.sent_to < self._floor(max(self._earliest, room if is_playing else 0))
        epochs = self._unannounced()
        if behind or not self.is_joined:
            self._join(now_us, room, is_playing)
        elif epochs and self.sent_to >= self._floor(epochs[0].starts_at):
            self._follow(epochs, now_us, is_playing)
        else:
            self._media(epochs[0].starts_at if epochs else NEVER)

    @property
    def _earliest(self) -> int:
        """The first frame that it can still be sent."""
        return max(self._feed.oldest, self._feed.packets_from * QUANTUM if self.is_opus else 0)

    def _unannounced(self) -> list[Epoch]:
        """Epochs that it does not know yet, up to the next start of a run, which is announced by itself."""
        epochs = self._feed.after(self.epoch)
        start = next((index for index, epoch in enumerate(epochs) if index and epoch.is_start), len(epochs))
        return epochs[:start]

    def _floor(self, frame: int) -> int:
        return frame - frame % QUANTUM if self.is_opus else frame

    def _follow(self, epochs: list[Epoch], now_us: int, is_playing: bool) -> None:
        """Announce the newest epoch from where the first unannounced one begins: what lies between is final by now."""
        first, newest = epochs[0], epochs[-1]
        if first.is_start:
            # What it still plays of the run before comes first.
            rest_us = min(us_of(max(0, first.starts_at - self.at(now_us))), Margin.HIGHEST_US)
            self._credit_from = max(self._credit_from, first.starts_at)
            self._start_at(first.starts_at, now_us + rest_us, is_playing)
        fade = OPUS_FADE if self.is_opus and not first.is_start else 0
        self._announce(newest, first.starts_at, fade, first.reason)

    def _join(self, now_us: int, room: int, is_playing: bool) -> None:
        """Begin at the room's playhead, wherever this listener was."""
        epoch = self._feed.epoch
        if epoch is None:
            return
        frame = ceil_tile(max(room, self._earliest))
        if is_start := epoch.is_start and frame <= epoch.starts_at:
            frame = epoch.starts_at
        if frame >= (self._feed.packets_to * QUANTUM if self.is_opus else self._feed.ready_to):
            return
        self.is_joined = True
        self._credit_from = frame
        self._start_at(frame, now_us, is_playing)
        number = epoch.number if epoch.number > self.epoch else self._feed.take_number()
        self._joined_epoch = number
        self._announce(replace(epoch, number=number), frame, 0, "start" if is_start else "resume")

    def _start_at(self, frame: int, now_us: int, is_playing: bool) -> None:
        if is_playing:
            self.playhead.run(frame, max(now_us, self._feed.starts_us), waits=self._feed.starts_us > now_us)
            if self._heard_us is None:  # skipping ahead is no sign of life
                self._heard_us = now_us
        else:
            self.playhead.stand(frame)

    def _announce(self, epoch: Epoch, starts_at: int, fade: int, reason: Reason) -> None:
        self.epoch, self.sent_to, self._ended = epoch.number, self._floor(starts_at), False
        self._sent_most = max(self._sent_most, starts_at)
        self._starts[epoch.number] = starts_at
        if len(self._starts) > _EPOCHS:
            self._starts.popitem(last=False)
        self._young_to = starts_at + _YOUNG
        self._shown_to = starts_at
        self._queue.append(Announce(epoch.number, starts_at, fade, reason))
        self._queue.extend(Show(epoch.number, shown) for shown in self._feed.shown(starts_at))
        if self.is_opus:
            self._preroll(epoch)

    def _preroll(self, epoch: Epoch) -> None:
        """Let a decoder warm up on the last few packets before: those of a splice, and those of its epoch from there on."""
        first, splice = self.sent_to // QUANTUM, epoch.starts_at // QUANTUM
        count = min(_PREROLL_PACKETS, first - self._feed.packets_from)
        if epoch.preroll is not None and splice <= first < splice + _PREROLL_PACKETS:
            self._warm_up(epoch, epoch.preroll, splice - epoch.preroll, from_preroll=True)
            count = first - splice
        self._warm_up(epoch, first - count, count, from_preroll=False)

    def _warm_up(self, epoch: Epoch, first: int, count: int, *, from_preroll: bool) -> None:
        if count > 0:
            sent = Send(PREROLL, epoch.number, first * QUANTUM, count * QUANTUM, count, from_preroll=from_preroll)
            self._queue.append(sent)

    def _media(self, until: int) -> None:
        """Queue the next piece of audio, with the segments that begin in it before it."""
        feed, start = self._feed, self.sent_to
        ready = min(feed.packets_to * QUANTUM if self.is_opus else feed.ready_to, feed.ready_to, self._floor(until))
        end = feed.end if feed.end is not None and feed.end <= until else None
        if end is not None and start >= end:
            if not self._ended:
                self._queue.append(Send(MEDIA, self.epoch, end, 0, int(self.is_opus), is_last=True))
            return
        stop = min(ready, self.credit_to - self.credit_to % QUANTUM, self._longest(start))
        if self.is_opus and stop != end:
            stop -= stop % QUANTUM
        if stop <= start:
            return
        shown = feed.turns(self._shown_to, stop)
        if shown:
            # Audio is never queued: what is right to send may be another thing once these messages are written.
            self._queue.extend(Show(self.epoch, segment) for segment in shown)
            self._shown_to = stop - 1
            return
        packets = -(-(stop - start) // QUANTUM) + (stop == end) if self.is_opus else 0
        self._queue.append(Send(MEDIA, self.epoch, start, stop - start, packets, is_last=stop == end))

    def _longest(self, start: int) -> int:
        """Where a full message from ``start`` on ends: soon after a splice a packet, later five of PCM or ten of Opus."""
        return start - start % QUANTUM + (QUANTUM if start < self._young_to else _STEADY[self.codec])
