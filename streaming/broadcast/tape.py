"""What those hear who listen to a stream over HTTP, as a row of cuts: its final audio, and silence while it rests. No I/O.

Such a listener cannot be told of a splice, so it gets only what nothing can supersede any more: frames that end 40 ms behind the
playhead, or where the stream has stopped. The tape is fed in real time and runs on the stream's clock; while nothing plays it
runs on the server's. Where sound and silence meet there is a fade, as a listener of the wire makes one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.grid import RATE, ceil_quantum
from streaming.live.playhead import frames_in
from streaming.live.stream import Stream

BEHIND = 40 * RATE // 1000
"""Frames that a listener stays behind the playhead."""

BURST = 2 * RATE
"""How much of the past a tape begins with, if there is as much."""

FADE = 256

PATIENCE_US = 200_000
"""While the stream plays, its audio may keep the tape waiting for so long; then silence is played."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stream stands: frames from ``oldest`` to ``final`` are final, and audio is known up to ``ready``.

    At frame ``rests_at`` it stops, if it is known to; ``over`` says that its song has come to its end there.
    """

    oldest: int
    final: int
    ready: int
    rests_at: int | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """``frames`` of the stream from ``start`` on, or of silence; it fades in at its beginning or out at its end."""

    start: int | None
    frames: int
    fades_in: bool = False
    fades_out: bool = False

    def shaped(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cut's audio, shape ``(frames, 2)``, with its fades."""
        length = min(FADE, len(audio))
        gain = ((np.arange(length) + 0.5) / max(1, length))[:, None]
        if self.fades_in:
            audio[:length] *= gain
        if self.fades_out:
            audio[len(audio) - length :] *= gain[::-1]
        return audio


def standing(stream: Stream, now_us: int) -> Standing:
    """How a stream stands now."""
    feed, transport = stream.feed, stream.transport
    playhead = stream.listeners.playhead(now_us)
    if transport.state == "playing":
        return Standing(feed.oldest, min(playhead - BEHIND, feed.ready_to), feed.ready_to)
    rests_at = transport.frame
    return Standing(feed.oldest, min(playhead, feed.ready_to, rests_at), feed.ready_to, rests_at, transport.state == "ended")


class Tape:
    """The row of cuts; each call of :meth:`turn` goes on where the one before ended."""

    def __init__(self, stands: Standing, now_us: int) -> None:
        begun = max(stands.oldest, stands.final - BURST, 0)
        self._cursor = min(ceil_quantum(begun), max(stands.final, begun))
        self._since_us = now_us
        self._is_silent = True
        self._has_played = False
        self.over = False

    def turn(self, stands: Standing, now_us: int) -> Iterator[Cut]:
        """What is played up to now."""
        if self._cursor < stands.oldest <= stands.final:
            yield from self._rest(stands, 0)
            self._cursor = stands.oldest  # it was overwritten: the tape was not asked for too long
        if stands.final > self._cursor:
            yield self._play(stands)
            self._since_us = now_us
        elif stands.over and self._has_played:
            self.over = True
        elif now_us - self._since_us >= (PATIENCE_US if stands.rests_at is None else 0):
            yield from self._rest(stands, frames_in(now_us - self._since_us))
            self._since_us = now_us

    def _play(self, stands: Standing) -> Cut:
        start, self._cursor = self._cursor, stands.final
        fades_in = self._is_silent and start > 0
        stops = self._cursor == stands.rests_at and not stands.over
        self._is_silent, self._has_played = stops, True
        return Cut(start, self._cursor - start, fades_in, stops)

    def _rest(self, stands: Standing, frames: int) -> Iterator[Cut]:
        """Silence; where it comes unannounced, what comes next on the tape is faded out first, and heard again afterwards."""
        if not self._is_silent and stands.oldest <= self._cursor <= stands.ready - FADE:
            yield Cut(self._cursor, FADE, fades_out=True)
            frames = max(0, frames - FADE)
        self._is_silent = True
        if frames:
            yield Cut(None, frames)
