"""Feeds for tests: what a stream would have published."""

from helpers.mixes import ASSET, desk

from dsp.grid import RATE
from streaming.live.feed import Epoch, Feed
from streaming.live.timeline import Timeline


class Board(Feed):
    """A feed with a run of a second's clips, that is written by hand."""

    def __init__(self, start=0, ready_to=96_000, encoded=False):
        super().__init__(5 * RATE)
        self.timeline = Timeline(desk(), 8, {ASSET: 0}, start, 0)
        self.ready(Epoch(start, "start", is_start=True), ready_to, encoded)

    def ready(self, epoch=None, ready_to=96_000, encoded=False):
        """A chunk is done, the first one of an epoch if there is one."""
        if epoch and not epoch.is_start:
            self.cut(epoch.starts_at)
        self.ready_to = ready_to
        self.write(ready_to)
        if encoded:
            first = epoch.starts_at // 960 if epoch else self.packets_to
            self.encoded(first, ready_to // 960)
        if epoch:
            self.publish(epoch, self.timeline)
