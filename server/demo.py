"""The demo song: played once at the server's first start, then shared by every guest workspace.

Its stems are blobs like any others. A workspace that nobody can open, the *library*, holds a project that refers to them, so
that they are never swept; a new guest gets a project of its own over the same blobs, which costs a few rows. A server whose
synthesiser has changed plays the song again.
"""

import asyncio
import json
import os
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from sqlalchemy.ext.asyncio import AsyncConnection

from dsp.peaks import FRAMES_PER_BIN
from dsp.synth import demo
from server import desks
from server.children import command, environment
from server.context import Context, new_id
from server.visitor import Visitor
from storage import mixes, projects, stems, workspaces
from storage.errors import BlobMissing, NotFound
from storage.rows import Peaks, Stem, Workspace

LIBRARY = "wlibrary"
TIMEOUT_S = 300.0
"""How long playing the song may take; it takes about ten seconds on two processors."""
CODEC = "synth"
RECIPE = 1
AUTHOR = "Stemwire"
ROOM_FOR_STEMS = len(demo.STRIPS)


class DemoFailed(RuntimeError):
    """The song could not be played."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stem and its waveform, in blobs."""

    stem: Stem
    waveform: tuple[Peaks, ...]


class Played(TypedDict):
    """What ``server.demo_render`` says of a finished stem."""

    name: str
    audio: str
    peaks: list[str]
    digest: str
    frames: int
    peak_db: float


async def prepare(context: Context) -> None:
    """See that the library has the song. A server that cannot play it starts all the same, and says so."""
    if await _complete(context):
        return
    try:
        await _store(context, await _play(context))
    except (DemoFailed, OSError, TimeoutError) as error:
        context.log.warning("no demo song", reason=str(error) or type(error).__name__)


async def furnish(context: Context, visitor: Visitor) -> None:
    """Give a new workspace a project with the song; the server's ``welcome``."""
    async with context.database.read() as db:
        try:
            head = await mixes.head(db, LIBRARY, _project())
        except NotFound:
            return
        audio = await _library(db)
    await _create(context, visitor.id, new_id("p"), audio, desks.draft(desks.mix_of(head), AUTHOR))


def _project() -> str:
    return f"demo-{demo.edition()}"


async def _complete(context: Context) -> bool:
    async with context.database.read() as db:
        audio = await _library(db)
    if {one.stem.name for one in audio} != {strip.name for strip in demo.STRIPS}:
        return False
    needed = [digest for one in audio for digest in (one.stem.asset, *(level.blob for level in one.waveform))]
    try:
        await asyncio.to_thread(lambda: [context.blobs.path(digest) for digest in needed])
    except BlobMissing:
        return False
    return True


async def _library(db: AsyncConnection) -> list[Recorded]:
    levels = range(len(FRAMES_PER_BIN))
    return [
        Recorded(stem, tuple([await stems.waveform(db, LIBRARY, _project(), stem.id, level) for level in levels]))
        for stem in await stems.listing(db, LIBRARY, _project())
    ]


async def _play(context: Context) -> list[Recorded]:
    """Have the song played by a child; adopts its files as blobs."""
    with tempfile.TemporaryDirectory(dir=context.settings.data_path, prefix="demo-") as folder:
        child = await asyncio.create_subprocess_exec(
            *command("server.demo_render", folder, str(os.getpid())),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            env=environment(),
        )
        try:
            async with asyncio.timeout(TIMEOUT_S):
                audio = await _collect(context, child, Path(folder))
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
    order = [strip.name for strip in demo.STRIPS]
    return sorted(audio, key=lambda one: order.index(one.stem.name))


async def _collect(context: Context, child: Process, folder: Path) -> list[Recorded]:
    if child.stdout is None:
        raise DemoFailed("the child has no output")
    audio: list[Recorded] = []
    async for line in child.stdout:
        played: Played = json.loads(line)
        audio.append(await asyncio.to_thread(_adopt, context, folder, played))
        print(f"demo song: {len(audio)} of {ROOM_FOR_STEMS}, {played['name']}", flush=True)
    if await child.wait() != 0 or len(audio) != ROOM_FOR_STEMS:
        raise DemoFailed(f"the child that plays it ended with {child.returncode}")
    return audio


def _adopt(context: Context, folder: Path, played: Played) -> Recorded:
    asset, size = context.blobs.adopt(folder / played["audio"], played["digest"])
    waveform = tuple(
        Peaks(level, FRAMES_PER_BIN[level], context.blobs.adopt(folder / file)[0]) for level, file in enumerate(played["peaks"])
    )
    stem = Stem(
        id="", project_id="", asset=asset, asset_bytes=size, upload=None, upload_bytes=0, name=played["name"],
        frames=played["frames"], channels_in=2, rate_in=48_000, codec_in=CODEC, peak_db=played["peak_db"], loudness_db=None,
        recipe=RECIPE, created_at=0,
    )  # fmt: skip
    return Recorded(stem, waveform)


async def _store(context: Context, audio: list[Recorded]) -> None:
    """Put the song into the library in place of earlier editions."""
    async with context.database.write() as db:
        if await workspaces.get(db, LIBRARY) is None:
            await workspaces.create(db, Workspace(LIBRARY, AUTHOR, 0, context.wall_ms()))
        for old in await projects.listing(db, LIBRARY):
            await projects.remove(db, LIBRARY, old.id)
    mix = demo.demo_mix({one.stem.name: one.stem.asset for one in audio})
    await _create(context, LIBRARY, _project(), audio, desks.draft(mix, AUTHOR))


async def _create(context: Context, workspace: str, project: str, audio: list[Recorded], first: mixes.Draft) -> None:
    now = context.wall_ms()
    async with context.database.write() as db:
        await projects.create(db, workspace, project, demo.TITLE, now, context.settings.projects_per_workspace)
        for number, one in enumerate(audio):
            own = replace(one.stem, id=new_id("s"), project_id=project, created_at=now + number)
            await stems.add(db, workspace, own, one.waveform, ROOM_FOR_STEMS)
        await mixes.append(db, workspace, project, first, None, now, desks.keeping(context.settings))
