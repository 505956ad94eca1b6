"""Processed stems: every track of a mix after its strip and every effect's return, files of one start and one length in a ZIP.

Their sum is the mix before the master; buses, if wanted, hold again what the tracks of a group hold. What is silent has no file.
What is finished stays in the plan's folder, so a child that was killed goes on with the next one.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from dsp.desk.params import EFFECT_KINDS
from dsp.grid import RATE
from streaming.offline import voices
from streaming.offline.errand import Refused, Report
from streaming.offline.export import BLOCK, at_rate, encoded, frames_at
from streaming.offline.measuring import finite, levels
from streaming.offline.plan import Measured, Plan
from streaming.offline.takes import Recording, takes_of
from streaming.offline.voices import DRY, WHOLE, Voice

MOST_NAME = 80
_SILENT = 1e-6
"""Below -120 dB a part makes no sound; what an effect adds is a difference of floats and seldom exactly nothing."""

Block = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the ZIP; an effect's is what ``voice`` adds to the dry mix."""

    name: str
    voice: Voice
    is_effect: bool = False


def parts_of(plan: Plan) -> list[Part]:
    """The tracks that may be heard, in the order of the desk, the effects and the buses; names and groups are the newest."""
    _, takes = takes_of(plan)
    newest = {track.lane: track for take in takes for track in take.timeline.mix.tracks}
    lanes = {lane for take in takes for lane in range(take.timeline.tracks) if voices.is_ever_audible(take.timeline, lane)}
    named = [(lane, newest[lane].name if lane in newest else "") for lane in sorted(lanes)]
    tracks = [Part(name or f"Track {lane + 1}", voices.tracks(lane)) for lane, name in named]
    heard = {kind for take in takes for kind in voices.returns(take.timeline)} if plan.returns else set()
    kinds = [kind for kind in EFFECT_KINDS if kind in heard]
    effects = [Part(f"{kind.capitalize()} return", voices.with_effect(kind), True) for kind in kinds]
    groups = {group.id: group.name for take in takes for group in take.timeline.mix.groups} if plan.buses else {}
    members = {group: [lane for lane, track in newest.items() if track.group == group and lane in lanes] for group in groups}
    buses = [Part(f"{name or 'Group'} bus", voices.tracks(*members[group])) for group, name in groups.items() if members[group]]
    return [*tracks, *effects, *buses]


class Stems:
    """The ZIP of a plan on its way."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self._plan, self._work, self._report = plan, Path(plan.work), report
        self._parts = parts_of(plan)
        self._steps, self._done = len(self._parts) + 3, 0

    def make(self, out: Path) -> Measured:
        """Render what is not rendered yet and put it together; tells the levels of the mix before the master."""
        whole = Recording(self._plan, "whole", WHOLE)
        frames = self._rendered(whole)
        dry = Recording(self._plan, "dry", DRY, frames)
        found = levels(_fitted(whole.raw, frames), RATE)
        self._rendered(dry)
        made = [(part, self._part(number, part, frames, dry.raw)) for number, part in enumerate(self._parts)]
        files = self._zipped(out, [(part, file) for part, file in made if file.stat().st_size])
        if not files:
            raise Refused("nothing_to_bounce", "There is nothing to hear in what was asked for.")
        heard = found.loudness
        return Measured(
            frames_at(self._plan.delivery.rate, frames), finite(heard.integrated_lufs), finite(heard.range_lu),
            finite(found.true_peak_dbtp), files=files,
        )  # fmt: skip

    def _rendered(self, recording: Recording) -> int:
        frames = recording.render(lambda share: self._report((self._done + share) / self._steps))
        self._done += 1
        return frames

    def _part(self, number: int, part: Part, frames: int, dry: Path) -> Path:
        """The file of a part, finished; empty if it makes no sound."""
        file = self._work / f"part{number}.{self._plan.delivery.format}"
        if file.exists():
            self._done += 1
            return file
        recording = Recording(self._plan, f"part{number}", part.voice, frames)
        self._rendered(recording)
        audio = _fitted(recording.raw, frames)
        if part.is_effect:
            audio = (wet - plain for wet, plain in zip(audio, _fitted(dry, frames), strict=True))
        heard = self._written(part, audio, file.with_suffix(".new"), frames)
        if not heard:
            file.with_suffix(".new").write_bytes(b"")
        file.with_suffix(".new").rename(file)
        recording.forget()
        return file

    def _written(self, part: Part, audio: Iterator[Block], out: Path, frames: int) -> bool:
        """Write a part's file; returns whether there is any sound in it."""
        delivery, peak = replace(self._plan.delivery, tags={**self._plan.delivery.tags, "title": part.name}), 0.0

        def heard() -> Iterator[Block]:
            nonlocal peak
            for block in audio:
                peak = max(peak, float(np.abs(block).max()))
                yield block

        for _ in encoded(at_rate(heard(), delivery.rate, frames), out, frames_at(delivery.rate, frames), delivery):
            pass
        return peak > _SILENT

    def _zipped(self, out: Path, made: list[tuple[Part, Path]]) -> tuple[str, ...]:
        """Store the files under their names; the same files give the same ZIP."""
        suffix = self._plan.delivery.format
        names = tuple(f"{number:02d} {plain(part.name)}.{suffix}" for number, (part, _) in enumerate(made, 1))
        with ZipFile(out, "w") as archive:
            for name, (_, file) in zip(names, made, strict=True):
                entry = ZipInfo(name)
                entry.file_size = file.stat().st_size
                with file.open("rb") as source, archive.open(entry, "w") as into:
                    shutil.copyfileobj(source, into, 1 << 20)
        return names


def plain(name: str) -> str:
    """A name that every file system takes."""
    kept = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', "_", name).strip(" .")
    return kept[:MOST_NAME].strip(" .") or "Track"


def _fitted(raw: Path, frames: int) -> Iterator[Block]:
    """A raw file as blocks of exactly ``frames`` frames in all: cut, or silent at its end."""
    with raw.open("rb") as file:
        while frames > 0:
            block = np.fromfile(file, "<f4", 2 * min(BLOCK, frames)).reshape(-1, 2)
            missing = min(BLOCK, frames) - len(block)
            yield np.concatenate((block, np.zeros((missing, 2), np.float32))) if missing else block
            frames -= min(BLOCK, frames)
