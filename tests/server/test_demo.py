"""The demo song as a guest finds it: played once, shared by all, at the loudness that is promised."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.demo_song import TAIL, context_over, guest_of, play, samples
from helpers.loudness import integrated_lufs, true_peak_db

from dsp.grid import TILE
from dsp.peaks import FRAMES_PER_BIN, bins
from dsp.synth import demo as song
from server import demo
from server.visitor import Visitor
from storage import projects, stems, workspaces
from storage.rows import Workspace


async def test_the_demo_plays_at_the_promised_loudness(demo_folder: Path) -> None:
    """Through the console the demo comes to -14 LUFS within 1 LU, and no true peak passes -1 dB; then it ends."""
    context = context_over(demo_folder)
    mix, rows = await guest_of(context, "wloud")
    audio = samples(context, rows)
    assert all(len(frames) == song.END and np.isfinite(frames).all() for frames in audio.values())
    heard = play(mix, audio)
    assert song.END < len(heard) < song.END + TAIL - TILE
    assert integrated_lufs(heard) == pytest.approx(-14.0, abs=1.0)
    assert true_peak_db(heard) <= -1.0
    await context.database.aclose()


async def test_every_guest_has_a_desk_of_its_own_over_shared_audio(demo_folder: Path) -> None:
    """Two guests get different projects that refer to the same blobs, with a waveform at every level."""
    context = context_over(demo_folder)
    (mine, my_rows), (theirs, their_rows) = await guest_of(context, "wone"), await guest_of(context, "wtwo")
    assert mine == theirs
    assert [row.asset for row in my_rows] == [row.asset for row in their_rows]
    assert not {row.id for row in my_rows} & {row.id for row in their_rows}
    assert [row.name for row in my_rows] == [track.name for track in mine.tracks]
    async with context.database.read() as db:
        for level in range(len(FRAMES_PER_BIN)):
            waveform = await stems.waveform(db, "wone", my_rows[0].project_id, my_rows[0].id, level)
            assert context.blobs.path(waveform.blob).stat().st_size == 12 * bins(song.END, level)
    await context.database.aclose()


async def test_a_second_start_does_not_play_it_again(demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is complete is left as it is."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)
    context = context_over(demo_folder)
    await demo.prepare(context)
    await context.database.aclose()


async def test_a_server_that_cannot_play_it_starts_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the child fails, nothing is stored, nothing is left on disk, and guests find an empty desk."""
    monkeypatch.setattr(demo, "command", lambda *_: ("false",))
    context = context_over(tmp_path)
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
