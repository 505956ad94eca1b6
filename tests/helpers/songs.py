"""Stems in a folder with a mix that plays them, and questions about both as an analysing child gets them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dsp.desk.mix import Mix
from streaming.offline.analyse import carry_out
from streaming.offline.question import Findings, Kind, Options, Question, StemFile


@dataclass
class Songs:
    """Stems in a folder, each on a track of its own that begins at a place of the song."""

    folder: Path
    mix: Mix = field(default_factory=Mix.empty)
    stems: list[StemFile] = field(default_factory=list)

    def add(self, audio: np.ndarray, at: int = 0, name: str = "") -> StemFile:
        """A stem and its track."""
        number = len(self.stems)
        path = self.folder / f"{number}.f32"
        path.write_bytes(np.ascontiguousarray(audio, "<f4").tobytes())
        stem = StemFile(f"s{number}", name or f"Stem {number}", f"{number:064x}", str(path))
        clip = {"id": "c", "asset": stem.asset, "at": at, "length": len(audio)}
        self.mix = self.mix.set(f"tracks/t{number}", {"name": stem.name, "clips": [clip]})
        self.stems.append(stem)
        return stem

    def question(self, kind: Kind, **options: Any) -> Question:
        """A question about all of them."""
        (self.folder / "work").mkdir(exist_ok=True)
        sources = {stem.asset: stem.path for stem in self.stems}
        return Question(kind, self.mix.document(), sources, self.stems, Options(**options), str(self.folder / "work"))

    def ask(self, kind: Kind, **options: Any) -> Findings:
        """What is found; every suggestion is checked to start from what the mix holds, and followed."""
        found = carry_out(self.question(kind, **options), lambda _: None)
        json.dumps(asdict(found), allow_nan=False)
        for change in (change for one in found.suggestions for change in one.changes):
            assert self.mix.get(change.path) == change.was
            self.mix = self.mix.set(change.path, change.value)
        return found
