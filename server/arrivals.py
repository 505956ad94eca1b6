"""From an uploaded file to a stem on a track: decoded by a child, stored by its hashes, then an edit like any other."""

import asyncio
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import JsonValue

from dsp.desk.mix import MixError
from dsp.desk.parts import MAX_NAME
from dsp.peaks import FRAMES_PER_BIN
from server import desks
from server.context import Context, new_id
from server.errors import MEDIA_TYPE, STORAGE_FULL, TOO_LARGE, TOO_MANY, UNREADABLE, Kind, Problem
from server.ingest import RECIPE, Ingested
from server.multipart import Upload
from server.seams import Edit
from server.visitor import Visitor
from storage import stems
from storage.blobs import LocalBlobs
from storage.errors import Full
from storage.rows import Peaks, Revision, Stem
from streaming.intake.intake import Refused

COLOURS = 8
_STATUS = {"unsupported_format": MEDIA_TYPE, "too_long": TOO_LARGE, "too_large": TOO_LARGE, "disk_full": STORAGE_FULL}
"""Refusals of the decoder that are not simply an unreadable file."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not become a stem."""

    name: str
    problem: Problem


async def take(context: Context, visitor: Visitor, project: str, uploads: list[Upload]) -> tuple[list[Stem], list[Failure]]:
    """Make stems of the files, side by side; what fails leaves nothing behind."""
    now = context.wall_ms()
    tasks = (_take_one(context, visitor, project, upload, now + number) for number, upload in enumerate(uploads))
    outcomes = await asyncio.gather(*tasks)
    taken = [outcome for outcome in outcomes if isinstance(outcome, Stem)]
    return taken, [outcome for outcome in outcomes if isinstance(outcome, Failure)]


async def place(context: Context, visitor: Visitor, project: str, taken: list[Stem]) -> tuple[list[str], Revision]:
    """Give each stem a track of its own, from position 0 on; returns the tracks' ids and the new revision."""
    mix = desks.mix_of(await desks.current(context, visitor, project))
    tracks = [new_id("t") for _ in taken]
    edits = [
        Edit(f"tracks/{track}", _track(stem, (len(mix.tracks) + number) % COLOURS))
        for number, (track, stem) in enumerate(zip(tracks, taken, strict=True))
    ]
    try:
        return tracks, await desks.edit(context, visitor, project, edits, None, None)
    except MixError:  # the desk has no lane left for them: they are not kept either
        async with context.database.write() as db:
            await stems.remove(db, visitor.id, project, [stem.id for stem in taken])
        raise


async def _take_one(context: Context, visitor: Visitor, project: str, upload: Upload, now: int) -> Stem | Failure:
    try:
        made = await context.ingest.decode(upload.path)
    except Refused as refusal:
        kind = _STATUS.get(refusal.code, UNREADABLE)
        return Failure(upload.name, Problem(Kind(kind.status, refusal.code, kind.title), refusal.detail))
    try:
        stem, waveform = await asyncio.to_thread(_stored, context.blobs, project, upload, made, now)
        async with context.database.write() as db:
            await stems.add(db, visitor.id, stem, waveform, context.settings.stems_per_project)
    except Full as full:
        return Failure(upload.name, Problem(TOO_MANY, str(full)))
    finally:
        made.remove()
    return stem


def _stored(blobs: LocalBlobs, project: str, upload: Upload, made: Ingested, now: int) -> tuple[Stem, list[Peaks]]:
    """Move what was decoded into the store; the same bytes are there once, whoever brings them."""
    known = made.decoded
    asset, asset_bytes = blobs.adopt(made.audio, known.sha256)
    waveform = [Peaks(level, FRAMES_PER_BIN[level], blobs.adopt(file)[0]) for level, file in enumerate(made.peaks)]
    blobs.adopt(upload.path, upload.digest)
    stem = Stem(
        new_id("s"), project, asset, asset_bytes, upload.digest, upload.size, upload.name, known.frames,
        known.channels_in, known.rate_in, known.codec_in, known.peak_db, None, RECIPE, now,
    )  # fmt: skip
    return stem, waveform


def _track(stem: Stem, colour: int) -> dict[str, JsonValue]:
    clip: dict[str, JsonValue] = {"id": new_id("c"), "asset": stem.asset, "at": 0, "from": 0, "length": stem.frames}
    return {"name": PurePath(stem.name).stem[:MAX_NAME] or "Stem", "colour": colour, "clips": [clip]}
