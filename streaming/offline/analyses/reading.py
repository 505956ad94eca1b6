"""What all analyses read: stems as mapped audio, the tracks that play them, and the mix rendered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsp.desk.mix import Clip, Mix, Track
from dsp.desk.params import bus_index
from streaming.live.timeline import Timeline
from streaming.offline.errand import Refused, Report
from streaming.offline.export import BLOCK, blocks
from streaming.offline.plan import Plan
from streaming.offline.question import Question, StemFile
from streaming.offline.takes import Recording
from streaming.render.source import FRAME_BYTES

Block = NDArray[np.float32]


class Stored:
    """A stem's audio in its file; what is cut out of it is read, and nothing else is kept."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._frames = Path(path).stat().st_size // FRAME_BYTES

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, frames: slice, /) -> Block:
        """Read some frames, ``(frames, 2)``."""
        start, stop, _ = frames.indices(self._frames)
        count = max(0, stop - start)
        return np.fromfile(self._path, "<f4", 2 * count, offset=FRAME_BYTES * start).reshape(-1, 2)


def audio_of(stem: StemFile) -> Stored:
    """A stem's audio; raises :class:`Refused`."""
    try:
        return Stored(stem.path)
    except FileNotFoundError:
        raise Refused("audio_missing", "Audio of a stem is no longer stored.") from None


def blocks_of(audio: Stored) -> Iterator[Block]:
    """Audio in blocks."""
    for at in range(0, len(audio), BLOCK):
        yield audio[at : at + BLOCK]


def tracks_of(mix: Mix, stem: StemFile) -> list[Track]:
    """The tracks that play a stem and nothing else."""
    return [track for track in mix.tracks if track.clips and all(clip.asset == stem.asset for clip in track.clips)]


def origin(track: Track) -> int | None:
    """Where in the song the beginning of a track's stem lies; None where clips disagree."""
    origins = {clip.at - clip.offset for clip in track.clips}
    return origins.pop() if len(origins) == 1 else None


def cut(clip: Clip, first: int, last: int) -> Clip | None:
    """A clip without what lies before frame ``first`` of its asset and from ``last`` on; None if nothing is left."""
    low, high = max(clip.offset, first), min(clip.offset + clip.length, last)
    if high <= low:
        return None
    length = high - low
    fades = {"fade_in": min(clip.fade_in, length), "fade_out": min(clip.fade_out, length)}
    return clip.model_copy(update={"at": clip.at + low - clip.offset, "offset": low, "length": length, **fades})


@dataclass(frozen=True, slots=True)
class _Without:
    """A voice in which a parameter of the master stays at 0: match switched off, or no trim behind the limiter."""

    name: str

    def apply(self, timeline: Timeline) -> None:
        """Let a timeline play so."""
        timeline.hold({bus_index("master", self.name, timeline.tracks): 0.0})


def rendered(question: Question, report: Report, without: Iterable[Track] = ()) -> Iterator[Block]:
    """The mix as it is, without match and some tracks, at 48 kHz."""
    mix = Mix.parse(question.mix)
    for track in without:
        mix = mix.set(f"tracks/{track.id}", None)
    return _recorded(question, mix, "unmatched", "match/on", report)


def untrimmed(question: Question, mix: Mix, name: str, report: Report) -> Iterator[Block]:
    """A mix as it is, without the output trim, at 48 kHz; ``name`` tells its file from others of the question."""
    return _recorded(question, mix, name, "trim_db", report)


def _recorded(question: Question, mix: Mix, name: str, without: str, report: Report) -> Iterator[Block]:
    plan = Plan(question.sources, question.work, str(Path(question.work) / "out"), mix=mix.document())
    recording = Recording(plan, name, _Without(without))
    frames = recording.render(report)
    if not frames:
        raise Refused("nothing_to_analyse", "There is nothing to hear in the mix.")
    with recording.raw.open("rb") as raw:
        yield from blocks(raw, frames)


def counted(report: Report, steps: int) -> Iterator[Report]:
    """For each of so many steps a report of its own."""
    for step in range(steps):
        yield lambda share, step=step: report((step + share) / steps)  # type: ignore[misc]
