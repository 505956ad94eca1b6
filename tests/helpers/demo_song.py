"""The demo song for tests: a data folder whose library has it, a guest's desk of it, and its mix through the console."""

import asyncio
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.settings import Settings
from dsp.desk.compile import clip_rows, engine_values, tracks_class
from dsp.desk.mix import Mix
from dsp.grid import LATENCY, TILE
from dsp.render import render
from dsp.slot.columns import meter_columns
from dsp.slot.layout import StateLayout, fresh, new_rings
from dsp.synth import demo as song
from dsp.tables import EVENT, SEGMENT, SOURCE
from server import demo, desks
from server.app import build
from server.context import Context
from server.visitor import Visitor
from storage import mixes, projects, stems, workspaces
from storage.rows import Stem, Workspace

TAIL = 10 * 48_000
"""As long as the longest tails of the presets and the demo."""


def make_folder(data: Path) -> Path:
    """Play the song into a data folder, as a first start does; this takes some seconds."""

    async def first_start() -> None:
        context = context_over(data)
        await context.database.migrate()
        await demo.prepare(context)
        await context.database.aclose()

    asyncio.run(first_start())
    return data


def context_over(data: Path) -> Context:
    """Everything below the routes of a server over a data folder."""
    return build(dataclasses.replace(Settings(), data_dir=str(data)))


async def guest_of(context: Context, name: str) -> tuple[Mix, list[Stem]]:
    """A new workspace's desk and stems."""
    workspace = Workspace(name, name, 1, 0)
    async with context.database.write() as db:
        await workspaces.create(db, workspace)
    await demo.furnish(context, Visitor(workspace))
    async with context.database.read() as db:
        (only,) = await projects.listing(db, name)
        assert (only.name, only.tracks, only.end_frames) == (song.TITLE, 8, song.END)
        return desks.mix_of(await mixes.head(db, name, only.id)), await stems.listing(db, name, only.id)


def samples(context: Context, rows: list[Stem]) -> dict[str, NDArray[np.float32]]:
    """The stems' canonical audio by asset."""
    return {row.asset: np.fromfile(context.blobs.path(row.asset), "<f4").reshape(-1, 2) for row in rows}


def play(mix: Mix, audio: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
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
