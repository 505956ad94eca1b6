"""Tells the listeners of a stream what is wrong with it, though it goes on: once, and not again too soon."""

from collections.abc import Callable

from dsp.desk.mix import Mix
from streaming.live.clock import Clock
from streaming.live.engine import Engine
from streaming.protocol.messages import Error
from streaming.protocol.troubles import HUNG, NOT_FINITE, Trouble, audio_missing
from streaming.render.job import NOTHING, Reply

AGAIN_US = 30_000_000
"""A trouble that lasts is told again after so long, for those who came meanwhile."""


class Alarm:
    """One stream's; ``broadcast`` tells all of its listeners."""

    def __init__(self, broadcast: Callable[[Error], None], clock: Clock) -> None:
        self._broadcast, self._clock = broadcast, clock
        self._told_us: dict[str, int] = {}

    def sound(self, trouble: Trouble) -> None:
        """Tell of a trouble, unless it was told a moment ago."""
        now_us = self._clock.now_us()
        last_us = self._told_us.get(trouble.code)
        if last_us is None or now_us - last_us >= AGAIN_US:
            self._told_us[trouble.code] = now_us
            self._broadcast(Error(trouble.code, trouble.sentence, fatal=False))

    def check(self, reply: Reply, engine: Engine, mix: Mix) -> None:
        """Tell of what went wrong with a chunk of a mix."""
        if reply.nonfinite:
            self.sound(NOT_FINITE)
        if reply.overruns:
            self.sound(HUNG)
        if reply.lost != NOTHING:
            asset = engine.lose(reply.lost)
            self.sound(audio_missing([track.name for track in mix.tracks if any(clip.asset == asset for clip in track.clips)]))
