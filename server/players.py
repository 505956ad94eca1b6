"""Makes the players of streams: new ones, and those of streams that another process has left."""

from collections.abc import Callable, Mapping

from dsp.desk.compile import tracks_class
from server.memory import Remembered
from streaming.desk.stage import Stage
from streaming.live.clock import Clock
from streaming.live.engine import Engine
from streaming.live.lead import Limits
from streaming.live.player import Player, Rendered
from streaming.live.resumed import Resumed
from streaming.live.stream import Stream
from streaming.render.pool import Pool


class Players:
    """``cost`` is told what each stream costs; ``missing`` says where audio would lie that the project no longer has."""

    def __init__(self, pool: Pool, clock: Clock, limits: Limits, cost: Callable[[str], Rendered], missing: Callable[[str], str]):
        self._pool, self._clock, self._limits = pool, clock, limits
        self._cost, self._missing = cost, missing

    def new(self, identity: str, stage: Stage) -> Player:
        """The player of a new stream of the stage's desk."""
        mix = stage.room.mix
        engine = self._engine(tracks_class(mix), {asset: stage.paths[asset] for asset in sorted(mix.assets)})
        limits = self._limits
        stream = Stream(
            mix, arena=engine.number, generation=engine.arena, tracks=engine.tracks, slots=limits.slots,
            ring_frames=limits.ring_frames, sources=engine.sources, limits=limits,
        )  # fmt: skip
        return self._player(identity, stream, engine, stage)

    def again(self, identity: str, stage: Stage, left: Remembered) -> Player:
        """The player of a stream that goes on; its desk becomes the stage's, where that is another."""
        past, limits, mix = left.past, self._limits, stage.room.mix
        paths = {asset: stage.paths.get(asset) or self._missing(asset) for asset in left.sources}
        engine = self._engine(past.timeline.tracks if past.timeline else tracks_class(mix), paths)
        if past.timeline is not None:
            past.timeline.find_in(engine.sources)
        stream = Resumed(
            past, mix, arena=engine.number, generation=engine.arena, tracks=engine.tracks, slots=limits.slots,
            ring_frames=limits.ring_frames, sources=engine.sources, limits=limits,
        )  # fmt: skip
        if stream.slot is not None and past.bookmark is not None:
            engine.put(past.bookmark, stream.slot)
        player = self._player(identity, stream, engine, stage)
        if mix != stream.mix:
            player.provide(mix.assets, stage.paths)
            grows = tracks_class(mix) > engine.tracks
            (player.apply if grows else stream.apply)(mix, [], "revision")  # nothing else is rendered before somebody has come
        return player

    def _engine(self, tracks: int, paths: Mapping[str, str]) -> Engine:
        limits = self._limits
        return Engine(self._pool, tracks, limits.slots, limits.ring_frames, paths, limits.ahead_frames)

    def _player(self, identity: str, stream: Stream, engine: Engine, stage: Stage) -> Player:
        return Player(identity, stream, engine, self._clock, lambda: stage.revision, self._cost(identity))
