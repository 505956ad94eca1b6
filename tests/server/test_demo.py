"""The demo song as a guest finds it: played once, shared by all, at the loudness that is promised."""

import asyncio
import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.loudness import integrated_lufs, true_peak_db
from numpy.typing import NDArray

from config.settings import Settings
from dsp.compile import clip_rows, engine_values, tracks_class
from dsp.grid import LATENCY, TILE
from dsp.layout import StateLayout, fresh, meter_columns, new_rings
from dsp.mix import Mix
from dsp.peaks import FRAMES_PER_BIN, bins
from dsp.render import render
from dsp.synth import demo as song
from dsp.tables import EVENT, SEGMENT, SOURCE
from server import demo, desks
from server.app import build
from server.context import Context
from server.visitor import Visitor
from storage import mixes, projects, stems, workspaces
from storage.rows import Stem, Workspace

TAIL = 10 * 48_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose library has the song; playing it takes some seconds, so it is done once."""
    data = tmp_path_factory.mktemp("demo")

    async def first_start() -> None:
        context = _context(data)
        await context.database.migrate()
        await demo.prepare(context)
        await context.database.aclose()

    asyncio.run(first_start())
    return data


def _context(data: Path) -> Context:
    return build(dataclasses.replace(Settings(), data_dir=str(data)))


async def _guest(context: Context, name: str) -> tuple[Mix, list[Stem]]:
    """A new workspace's desk and stems."""
    workspace = Workspace(name, name, 1, 0)
    async with context.database.write() as db:
        await workspaces.create(db, workspace)
    await demo.furnish(context, Visitor(workspace))
    async with context.database.read() as db:
        (only,) = await projects.listing(db, name)
        assert (only.name, only.tracks, only.end_frames) == (song.TITLE, 8, song.END)
        return desks.mix_of(await mixes.head(db, name, only.id)), await stems.listing(db, name, only.id)


def _play(mix: Mix, audio: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mix through the console, with its tails."""
    tracks, numbers = tracks_class(mix), {asset: n for n, asset in enumerate(audio)}
    layout, tiles = StateLayout(tracks), (mix.end + TAIL) // TILE
    state64, state32 = np.zeros(layout.n64), np.zeros(layout.n32, np.float32)
    fresh(tracks, state64, state32, engine_values(mix, tracks))
    sources = np.array([(frames.ctypes.data, len(frames)) for frames in audio.values()], SOURCE)
    out, meters = np.zeros((tiles * TILE, 2), np.float32), np.zeros((tiles // 30 + 2, meter_columns(tracks)), np.float32)
    done = render(
        state64, state32, new_rings(), tracks, 0, tiles, mix.end, np.zeros(0, EVENT), np.array([(0, 0, 0, 0)], SEGMENT),
        clip_rows(mix, 0, numbers), sources, out, meters,
    )  # fmt: skip
    return out[LATENCY : done * TILE]


async def test_the_demo_plays_at_the_promised_loudness(folder: Path) -> None:
    """Through the console the demo comes to -14 LUFS within 1 LU, and no true peak passes -1 dB; then it ends."""
    context = _context(folder)
    mix, rows = await _guest(context, "wloud")
    audio = {row.asset: np.fromfile(context.blobs.path(row.asset), "<f4").reshape(-1, 2) for row in rows}
    assert all(len(frames) == song.END and np.isfinite(frames).all() for frames in audio.values())
    heard = _play(mix, audio)
    assert song.END < len(heard) < song.END + TAIL - TILE
    assert integrated_lufs(heard) == pytest.approx(-14.0, abs=1.0)
    assert true_peak_db(heard) <= -1.0
    await context.database.aclose()


async def test_every_guest_has_a_desk_of_its_own_over_shared_audio(folder: Path) -> None:
    """Two guests get different projects that refer to the same blobs, with a waveform at every level."""
    context = _context(folder)
    (mine, my_rows), (theirs, their_rows) = await _guest(context, "wone"), await _guest(context, "wtwo")
    assert mine == theirs
    assert [row.asset for row in my_rows] == [row.asset for row in their_rows]
    assert not {row.id for row in my_rows} & {row.id for row in their_rows}
    assert [row.name for row in my_rows] == [track.name for track in mine.tracks]
    async with context.database.read() as db:
        for level in range(len(FRAMES_PER_BIN)):
            waveform = await stems.waveform(db, "wone", my_rows[0].project_id, my_rows[0].id, level)
            assert context.blobs.path(waveform.blob).stat().st_size == 12 * bins(song.END, level)
    await context.database.aclose()


async def test_a_second_start_does_not_play_it_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is complete is left as it is."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)
    context = _context(folder)
    await demo.prepare(context)
    await context.database.aclose()


async def test_a_server_that_cannot_play_it_starts_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the child fails, nothing is stored, nothing is left on disk, and guests find an empty desk."""
    monkeypatch.setattr(demo, "command", lambda *_: ("false",))
    context = _context(tmp_path)
    await context.database.migrate()
    await demo.prepare(context)
    workspace = Workspace("wempty", "Guest", 1, 0)
    async with context.database.write() as db:
        await workspaces.create(db, workspace)
    await demo.furnish(context, Visitor(workspace))
    async with context.database.read() as db:
        assert await projects.listing(db, "wempty") == []
    assert not [name for name in os.listdir(tmp_path) if name.startswith("demo-")]
    await context.database.aclose()
