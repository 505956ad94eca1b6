"""Analyses as the child carries them out: real stems on the disk, figures within what is stated, suggestions that fit the mix."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.music import music

from dsp.analysis.match import MOST_DB
from dsp.grid import RATE
from dsp.mix import Mix
from streaming.analyse import carry_out
from streaming.errand import Refused, order, read_line
from streaming.measuring import loudness
from streaming.question import Findings, Kind, Options, Question, StemFile

FRAMES = 6 * RATE


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


@pytest.fixture
def songs(tmp_path: Path) -> Songs:
    """Nothing yet."""
    return Songs(tmp_path)


def heard(songs: Songs, track: str) -> np.ndarray:
    """What a track plays of its stem, in the song's own time."""
    line = np.zeros((2 * FRAMES, 2))
    part = next(one for one in songs.mix.tracks if one.id == track)
    sign = -1 if part.params.get("polarity", False) else 1
    for clip in part.clips:
        audio = np.fromfile(next(stem.path for stem in songs.stems if stem.asset == clip.asset), "<f4").reshape(-1, 2)
        line[clip.at : clip.at + clip.length] += sign * audio[clip.offset : clip.offset + clip.length]
    return line


def delayed(audio: np.ndarray, frames: int) -> np.ndarray:
    """Audio after some silence."""
    return np.concatenate((np.zeros((frames, 2), np.float32), audio))


@pytest.mark.parametrize(("late", "at"), [(777, 0), (0, 5_000), (4_321, 1_000), (100_000, 0)])
def test_two_microphones_are_brought_together(late: int, at: int, songs: Songs) -> None:
    """The second stem is late, or its clip lies elsewhere, and upside down: after the suggestions both play as one."""
    audio = music(1, FRAMES)
    songs.add(audio, 2_000)
    songs.add(-0.5 * delayed(audio, late), at)
    found = songs.ask("alignment")
    [pair] = found.figures["pairs"]  # type: ignore[misc]
    assert pair["offset_frames"] == pytest.approx(late, abs=0.01)  # type: ignore[index, call-overload]
    assert pair["inverted"]  # type: ignore[index, call-overload]
    assert [one.code for one in found.warnings] == ["opposite_polarity"]
    assert np.abs(heard(songs, "t0") - 2 * heard(songs, "t1")).max() < 1e-5


def test_what_is_aligned_needs_nothing(songs: Songs) -> None:
    """Copies that lie right, and strangers, lead to no suggestion and no warning."""
    songs.add(music(1, FRAMES))
    songs.add(0.3 * music(1, FRAMES))
    songs.add(music(2, FRAMES), 999)
    found = songs.ask("alignment")
    assert not found.suggestions
    assert not found.warnings
    assert [pair["related"] for pair in found.figures["pairs"]] == [True, False, False]  # type: ignore[index, call-overload, union-attr]


def test_with_a_reference_every_other_stem_is_compared_with_it(songs: Songs) -> None:
    """Of ten stems that makes nine pairs; without one there would be too many."""
    for seed in range(10):
        songs.add(music(seed, RATE))
    assert len(songs.ask("alignment", reference="s3").figures["pairs"]) == 9  # type: ignore[arg-type]
    with pytest.raises(Refused, match="too_many_stems"):
        songs.ask("alignment")
    with pytest.raises(Refused, match="no_reference"):
        songs.ask("alignment", reference="none")


def test_stems_are_trimmed_to_a_loudness(songs: Songs) -> None:
    """Each gets the trim that brings its stem to the target within 0.1 LU; a silent one gets none."""
    for seed, level in enumerate((0.2, 0.5, 1.0)):
        songs.add(level * music(seed, FRAMES))
    songs.add(np.zeros((FRAMES, 2), np.float32))
    found = songs.ask("levels", target_lufs=-20.0)
    assert [one.id for one in found.suggestions] == ["trim-t0", "trim-t1", "trim-t2"]
    for number in range(3):
        trim = float(songs.mix.get(f"tracks/t{number}/trim_db"))  # type: ignore[arg-type]
        audio = np.fromfile(songs.stems[number].path, "<f4").reshape(-1, 2) * np.float32(10 ** (trim / 20))
        assert loudness([audio], RATE).integrated_lufs == pytest.approx(-20.0, abs=0.1)
    assert found.figures["stems"][3]["loudness_lufs"] is None  # type: ignore[index, call-overload]


def test_the_mix_is_brought_to_a_loudness(songs: Songs) -> None:
    """Following the suggestion, the mix measures the target (the limiter has nothing to do there)."""
    songs.add(music(1, FRAMES))
    songs.add(music(2, FRAMES))
    before = songs.ask("levels", scope="mix", target_lufs=-24.0)
    assert len(before.suggestions) == 1
    after = songs.ask("levels", scope="mix", target_lufs=-24.0)
    assert after.figures["loudness_lufs"] == pytest.approx(-24.0, abs=0.1)
    assert not after.suggestions


def test_silence_is_cut_off(songs: Songs) -> None:
    """Clips lose their silent ends but for a margin, and play the same at the same time; a silent clip goes."""
    audio = music(1, FRAMES)
    songs.add(np.concatenate((np.zeros((RATE, 2)), audio, np.zeros((2 * RATE, 2)))), 500)
    songs.add(np.zeros((FRAMES, 2), np.float32))
    songs.add(music(3, FRAMES))
    before = heard(songs, "t0")
    found = songs.ask("trim", lead_ms=20.0, tail_ms=100.0)
    assert [one.id for one in found.suggestions] == ["trim-t0", "trim-t1"]
    [clip] = next(track.clips for track in songs.mix.tracks if track.id == "t0")
    assert RATE - 1_000 <= clip.offset <= RATE
    assert (heard(songs, "t0") == before).all()
    assert songs.mix.get("tracks/t1/clips") == []
    figures = found.figures["stems"]
    assert figures[0]["leading_frames"] == pytest.approx(RATE, abs=50)  # type: ignore[index, call-overload]
    assert figures[1]["silent"]  # type: ignore[index, call-overload]


def test_faults_are_warned_of(songs: Songs) -> None:
    """Each fault is named once, in the stem that has it, and healthy music has none."""
    audio = music(1, FRAMES)
    mono = audio[:, :1]
    songs.add(audio, name="good")
    songs.add(np.clip(12 * audio, -1, 1), name="clipped")
    songs.add(audio + np.float32(0.02), name="dc")
    songs.add(np.concatenate((mono, -mono), axis=1), name="turned")
    songs.add(audio * np.float32([1, 0]), name="left")
    songs.add(np.zeros((FRAMES, 2), np.float32), name="nothing")
    found = songs.ask("check")
    told = {(songs.stems[int(one.stems[0][1:])].name, one.code) for one in found.warnings}
    faults = {
        "clipped": "clipping",
        "dc": "dc_offset",
        "turned": "negative_correlation",
        "left": "dead_side",
        "nothing": "silent",
    }
    assert told == set(faults.items())
    assert all(one.detail.startswith("“") for one in found.warnings)


def pink(seed: int, tilt: float = 0.0) -> np.ndarray:
    """Noise with the spectrum of music, float32 ``(frames, 2)``; ``tilt`` dB an octave brighter."""
    rng = np.random.default_rng(seed)
    hz = np.maximum(np.fft.rfftfreq(12 * RATE, 1 / RATE), 20.0)
    shape = hz**-0.5 * 10 ** (tilt * np.log2(hz / 1_000) / 20)
    line = np.fft.irfft(np.fft.rfft(rng.standard_normal((12 * RATE, 2)), axis=0) * shape[:, None], axis=0)
    return (0.1 * line / line.std()).astype(np.float32)


def test_a_mix_is_matched_to_a_reference(songs: Songs) -> None:
    """A brighter, louder, narrower reference: the curve rises, the level and width tell it, all within the master's bounds."""
    songs.add(pink(1))
    bright = pink(2, 1.5)
    middle = bright.mean(axis=1, keepdims=True)
    reference = songs.add((1.4 * (middle + 0.5 * (bright - middle))).astype(np.float32))
    songs.mix = songs.mix.set("tracks/t1/solo", True)  # the reference's own track is no part of the mix
    found = songs.ask("match", reference=reference.id)
    gains = found.figures["gains_db"]
    assert isinstance(gains, list)
    curve = found.figures["curve_db"]
    assert curve[27] > 3 > -3 > curve[6]  # type: ignore[index, call-overload, operator]
    assert gains[10] > 0 > gains[1]  # type: ignore[operator]
    assert max(abs(float(gain)) for gain in gains) <= MOST_DB  # type: ignore[arg-type]
    assert found.figures["width"] == pytest.approx(0.5, abs=0.05)
    assert songs.mix.get("master/match/on") is True
    assert songs.mix.get("master/match/gain/11") == gains[10]
    assert songs.mix.get("master/match/width") == found.figures["width"]
    again = carry_out(songs.question("match", reference=reference.id), lambda _: None)
    assert again.figures["gains_db"] == gains, "what is matched is the mix without match"


def test_a_match_needs_sound(songs: Songs) -> None:
    """Silence cannot be matched, and that is said."""
    songs.add(music(1, FRAMES))
    silence = songs.add(np.zeros((FRAMES, 2), np.float32))
    for options, code in (({"reference": silence.id}, "too_quiet"), ({}, "no_reference")):
        with pytest.raises(Refused, match=code):
            songs.ask("match", **options)


def test_the_child_answers_in_lines(songs: Songs) -> None:
    """As a process it tells progress, then what it found; a missing stem is a refusal."""
    songs.add(music(1, FRAMES))
    question = songs.question("check")
    lines = run(question)
    assert [told.progress for told in lines[:-1]] == [1.0]
    assert lines[-1].result is not None
    assert lines[-1].result["figures"]["stems"][0]["stem"] == "s0"
    Path(songs.stems[0].path).unlink()
    with pytest.raises(Refused, match="audio_missing"):
        run(question)


def run(question: Question) -> list[Any]:
    """What a child tells."""
    ended = subprocess.run(
        [sys.executable, "-m", "streaming.analyse"], input=order(question.values(), os.getpid()), capture_output=True, check=True
    )
    return [read_line(line) for line in ended.stdout.splitlines()]


def test_questions_survive_json(songs: Songs) -> None:
    """What the server asks is what the child reads."""
    songs.add(music(1, 4_800))
    question = replace(songs.question("trim", reach_s=3.0), stems=list(songs.stems))
    assert Question.of(json.loads(json.dumps(question.values()))) == question
