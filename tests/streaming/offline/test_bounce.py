"""Bounces: the same samples as a stream, whatever kills the child on its way, in every format."""

import asyncio
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from helpers.music import write_stem

from dsp.desk.compile import tracks_class
from dsp.desk.mix import Mix
from dsp.grid import LATENCY, QUANTUM, RATE, ceil_tile
from dsp.slot.layout import StateLayout, fresh, new_rings
from streaming.live import logbook
from streaming.live.log import Entry, Log, replay
from streaming.live.timeline import Timeline
from streaming.offline.bounce import carry_out
from streaming.offline.errand import Refused, order, read_line
from streaming.offline.formats import Delivery
from streaming.offline.plan import Plan
from streaming.render.job import NEVER
from streaming.render.renderer import Renderer, Tables
from streaming.render.source import Maps

SECONDS = 3
FLOAT = Delivery(bits=32)


def desk(assets: list[str], frames: int) -> Mix:
    """A mix that uses every stage: EQ, compressor, pan, reverb and echoes of 1.9 s on one whole clip a track."""
    mix = Mix.empty()
    for number, asset in enumerate(assets):
        clip = {"id": f"c{number}", "asset": asset, "at": 1_000 * number, "length": frames, "fade_out": 500}
        mix = mix.set(f"tracks/t{number}", {"name": f"Track {number}", "clips": [clip]})
        mix = mix.set(f"tracks/t{number}/send/1/level_db", -12.0 - number)
        mix = mix.set(f"tracks/t{number}/send/2/level_db", -12.0 - number)
        mix = mix.set(f"tracks/t{number}/pan", 0.5 - number / 2)
        mix = mix.set(f"tracks/t{number}/compressor/on", True)
    for name, value in (("division", "free"), ("time_ms", 1_900.0), ("feedback", 0.5)):
        mix = mix.set(f"effects/delay/{name}", value)
    return mix.set("tracks/t0/eq/2/gain_db", 6.0)


@pytest.fixture
def song(tmp_path: Path) -> tuple[Mix, dict[str, str]]:
    """A mix of three stems and where they lie."""
    assets = [f"{number:064x}" for number in range(3)]
    sources = {asset: write_stem(tmp_path, seed, SECONDS * RATE) for seed, asset in enumerate(assets)}
    return desk(assets, SECONDS * RATE), sources


def plan_for(tmp_path: Path, song: tuple[Mix, dict[str, str]], **more: Any) -> Plan:
    """A plan to bounce a song's mix as 32-bit WAV."""
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    mix, sources = song
    plan = Plan(sources, str(work), str(tmp_path / "out"), FLOAT, mix.document())
    return replace(plan, **more)


def nowhere(_fraction: float) -> None:
    """Report to nobody."""


def audio_of(plan: Plan) -> np.ndarray:
    """What a bounce has written, ``(frames, 2)``."""
    return soundfile.read(plan.out, dtype="float32")[0]


def streamed(timeline: Timeline, sources: dict[str, str], start: int, stop: int, quanta: int) -> np.ndarray:
    """The stream frames from ``start`` on, rendered as a live stream does in chunks of so many quanta."""
    layout = StateLayout(timeline.tracks)
    state64, state32 = np.empty(layout.n64), np.empty(layout.n32, np.float32)
    fresh(timeline.tracks, state64, state32, timeline.values)
    rings = new_rings()
    maps, renderer, frame, ended, audio = Maps(), Renderer(timeline.tracks), start, False, []
    while not ended and frame < stop + LATENCY:
        end = min(frame + quanta * QUANTUM, ceil_tile(stop + LATENCY))
        events, segments, clips = timeline.window(frame, end)
        tables = Tables(events, segments, clips, maps.table([sources[asset] for asset in sorted(sources)]))
        for piece in renderer.pieces(state64, state32, rings, frame, end, timeline.ends_at(end), tables):
            audio.append(piece.audio.copy())
            frame, ended = piece.stop, piece.ended
    return np.concatenate(audio)[LATENCY:][: stop - start]


@pytest.mark.parametrize("quanta", [1, 3, 10])
def test_revision_is_an_unedited_stream(quanta: int, tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A bounced mix is, bit for bit, what a stream plays from its beginning to the end of its tails."""
    mix, sources = song
    plan = plan_for(tmp_path, song)
    frames = carry_out(plan, nowhere).frames
    timeline = Timeline(mix, tracks_class(mix), {asset: n for n, asset in enumerate(sorted(sources))}, 0, 0)
    played = streamed(timeline, sources, 0, NEVER - 2 * LATENCY, quanta)
    assert frames == len(played) > mix.end
    assert audio_of(plan).tobytes() == played.tobytes()


def heard(song: tuple[Mix, dict[str, str]]) -> Log:
    """The log of a stream that was edited, sought, looped, stopped and started again."""
    log, mix = Log(100), song[0]
    log.append_document(Entry("start", 0, position=4_800), mix)
    log.append(Entry("edit", 9_600, 1, path="tracks/t0/fader_db", value=-9.0))
    log.append(Entry("jump", 19_200, 2, position=50_000))
    log.append(Entry("loop", 28_800, 3, loop=(60_000, 72_000)))
    log.append(Entry("edit", 67_200, 4, path="tracks/t1/mute", value=True))
    log.append(Entry("stop", 96_000))
    log.append_document(Entry("start", 96_960, position=0), mix.set("tracks/t2/fader_db", -20.0))
    log.append(Entry("pause", 120_000))
    log.append(Entry("resume", 120_000))
    return log


@pytest.mark.parametrize(("start", "stop"), [(0, 96_000), (11_111, 140_000), (97_000, 130_001)])
def test_log_is_what_was_heard(start: int, stop: int, tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A bounced log has every run's samples at their stream frames, and silence between runs."""
    log, (_, sources) = heard(song), song
    plan = plan_for(tmp_path, song, mix=None, log=logbook.rows(log), start=start, stop=stop)
    assert carry_out(plan, nowhere).frames == stop - start
    whole = np.zeros((150_000, 2), np.float32)
    for run in replay(log, {asset: n for n, asset in enumerate(sorted(sources))}):
        end = min(run.stop, 150_000)
        whole[run.start : end] = streamed(run.timeline, sources, run.start, end, 3)
    assert audio_of(plan).tobytes() == whole[start:stop].tobytes()


async def bounced_by_child(plan: Plan, kill_at: float | None = None) -> float:
    """Have a child carry out a plan, or kill it at a share of the work; returns the first progress it told."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streaming.offline.bounce", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin
    assert child.stdout
    child.stdin.write(order(plan.values(), os.getpid()))
    child.stdin.close()
    told: list[float] = []
    async for line in child.stdout:
        if (progress := read_line(line).progress) is None:
            break
        told.append(progress)
        if kill_at is not None and progress >= kill_at:
            child.kill()
            break
    assert await child.wait() == (0 if kill_at is None else -9)
    return told[0]


async def test_killed_child_goes_on_bit_for_bit(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """However often the child is killed, the file is the one it would have been, and finished work is not done again."""
    mix, sources = song
    clips = [{"id": f"c{n}", "asset": sorted(sources)[0], "at": n * 120_000, "length": 144_000} for n in range(60)]
    long = mix.set("tracks/t0/clips", clips)
    plan = plan_for(tmp_path, (long, sources))
    carry_out(plan, nowhere)
    whole = audio_of(plan)
    (tmp_path / "again").mkdir()
    again = replace(plan, work=str(tmp_path / "again"), out=str(tmp_path / "again.wav"))
    reached = 0.0
    for kill_at in (0.02, 0.15, 0.3, 0.55):
        assert await bounced_by_child(again, kill_at) >= reached - 0.1
        reached = kill_at
    assert await bounced_by_child(again) >= reached - 0.1
    assert audio_of(again).tobytes() == whole.tobytes()


@pytest.mark.parametrize("damage", ["cut", "other", "flip"])
def test_bad_checkpoint_counts_as_none(damage: str, tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A checkpoint that is damaged, or of another mix, is not gone on from."""
    mix, sources = song
    clips = [{"id": f"c{n}", "asset": sorted(sources)[0], "at": n * 120_000, "length": 144_000} for n in range(6)]
    plan = plan_for(tmp_path, (mix.set("tracks/t0/clips", clips), sources))
    carry_out(plan, nowhere)
    whole, mark = Path(plan.out).read_bytes(), tmp_path / "work" / "render.mark"
    content = bytearray(mark.read_bytes())
    if damage == "flip":
        content[1_000] ^= 1
    mark.write_bytes(content[:-5] if damage == "cut" else content)
    (tmp_path / "work" / "render.f32").write_bytes(b"\x55" * 8 * 600_000)
    if damage == "other":
        plan = plan_for(tmp_path, song)
        whole = b""
    carry_out(plan, nowhere)
    if whole:
        assert Path(plan.out).read_bytes() == whole
    assert np.abs(audio_of(plan)).max() <= 1


def test_missing_audio_is_said(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A stem that is no longer there fails the bounce with a sentence."""
    mix, sources = song
    with pytest.raises(Refused) as refused:
        carry_out(plan_for(tmp_path, (mix, dict.fromkeys(sources, str(tmp_path / "gone")))), nowhere)
    assert refused.value.code == "audio_missing"


def test_span_that_was_never_played_is_refused(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """A log has nothing to bounce between a stop and the next start."""
    plan = plan_for(tmp_path, song, mix=None, log=logbook.rows(heard(song)), start=96_100, stop=96_500)
    with pytest.raises(Refused) as refused:
        carry_out(plan, nowhere)
    assert refused.value.code == "nothing_to_bounce"


def test_span_whose_log_was_dropped_is_refused(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """What a shortened log no longer knows is not bounced as silence."""
    log = heard(song)
    log.entries = [entry for entry in log.entries if entry.frame >= 96_960]
    with pytest.raises(Refused) as refused:
        carry_out(plan_for(tmp_path, song, mix=None, log=logbook.rows(log), start=0, stop=150_000), nowhere)
    assert refused.value.code == "log_shortened"


def test_child_tells_a_refusal_in_a_line(tmp_path: Path, song: tuple[Mix, dict[str, str]]) -> None:
    """The process answers a refusal as its last line."""
    mix, sources = song
    plan = plan_for(tmp_path, (mix, dict.fromkeys(sources, "/nowhere")))
    command = [sys.executable, "-m", "streaming.offline.bounce"]
    child = subprocess.run(command, input=order(plan.values(), os.getpid()), capture_output=True, check=True)
    assert json.loads(io.BytesIO(child.stdout).readlines()[-1])["code"] == "audio_missing"
