"""The composition root: everything the server is made of is built here and handed down, and nowhere else."""

import asyncio
import importlib.metadata
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from functools import cache, partial

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from config.presets import load_presets
from config.settings import Settings
from dsp.desk.mix import MixError
from dsp.desk.params import CLASSES
from dsp.grid import RATE
from server import api, demo, desks, housekeeping
from server.autosave import Autosave
from server.broadcasting import Broadcasts
from server.company import Company
from server.context import Context
from server.edge import Edge
from server.errors import Problem, respond
from server.ingest import Ingest, Limits
from server.jobs import Jobs, WorkerOrder, order_for
from server.limits import Allowance, Slots
from server.metrics import Metrics
from server.openapi import describe
from server.playback import Playback
from server.routes import (
    analyses,
    bounces,
    broadcasts,
    console,
    health,
    invitations,
    mixes,
    playback,
    presets,
    projects,
    session,
    stems,
    streams,
    telemetry,
)
from server.routes.pages import Pages
from server.studio import Equipment, LiveStudio
from server.tickets import Tickets
from server.visitor import Visitor
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import StorageError
from storage.sessions import Sessions
from streaming.errors import StreamingError
from streaming.live.admission import Admission
from streaming.live.clock import MonotonicClock
from streaming.protocol.messages import Codec
from streaming.protocol.wire import CODECS
from streaming.render import opus
from streaming.render.pool import Counts, Pool
from streaming.segments.shelf import Shelf

OPERATIONS = (
    *session.OPERATIONS,
    *projects.OPERATIONS,
    *invitations.OPERATIONS,
    *mixes.OPERATIONS,
    *presets.OPERATIONS,
    *stems.OPERATIONS,
    *streams.OPERATIONS,
    *telemetry.OPERATIONS,
    *broadcasts.OPERATIONS,
    *playback.OPERATIONS,
    *bounces.OPERATIONS,
    *analyses.OPERATIONS,
    *console.OPERATIONS,
    *health.OPERATIONS,
)
"""Every route there is."""

FRAME_BYTES = 8
"""Canonical audio: two channels of float32."""

UNZIPPED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")


def create(settings: Settings) -> ASGIApp:
    """The server's application."""
    return application(build(settings))


def build(settings: Settings) -> Context:
    """Everything below the routes; nothing is started yet."""
    clock = MonotonicClock()
    database = Database(settings.database)
    blobs = LocalBlobs(settings.data_path / "blobs")
    metrics = Metrics()
    autosave = Autosave(partial(desks.save, database, settings), clock, metrics.saved)
    library = opus.locate(settings.libopus)
    pool = Pool(_workers(settings), opus=library, classes=CLASSES[1:])
    sessions = Sessions(settings.data_path / "sessions", settings.streams, settings.resume_s)
    equipment = Equipment(settings, database, blobs, sessions, pool, _admission(settings), autosave, clock, _codecs(library))
    studio = LiveStudio(equipment)
    broadcasts = Broadcasts(studio, library, settings.http_encoders)
    playback = Playback(Shelf(settings.data_path / "cache", settings.cache_bytes), library, settings.cache_renders)
    return Context(
        settings=settings,
        database=database,
        blobs=blobs,
        studio=studio,
        broadcasts=broadcasts,
        playback=playback,
        playing=Slots(settings.players, "players of stored mixes"),
        ingest=Ingest(blobs.scratch, _decoding(settings), settings.decoders),
        jobs=Jobs(_rendering(settings)),
        autosave=autosave,
        tickets=Tickets(clock, settings.ticket_s),
        metrics=_watching(metrics, settings, studio, pool, broadcasts, playback),
        newcomers=Allowance(settings.workspaces_per_minute, clock),
        uploads=Slots(settings.uploads_at_once, "uploads"),
        checks={"database": database.alive, "renderers": partial(_require_renderers, pool)},
        welcome=demo.furnish if settings.demo == "on" else _no_demo,
        presets=load_presets(),
        log=structlog.get_logger("server"),
    )


def application(context: Context) -> ASGIApp:
    """The ASGI application over ``context``."""
    described = replace(context, openapi=cache(partial(describe, OPERATIONS, version())))
    pages = Pages(context.settings.web_path)
    kinds: tuple[type[Exception], ...] = (Exception, HTTPException, Problem, StorageError, MixError, StreamingError)
    app = Starlette(
        routes=[*api.routes(OPERATIONS, described), Route("/{path:path}", pages.answer)],
        middleware=[Middleware(GZipMiddleware, compresslevel=5, exclude_content_types=UNZIPPED)],
        exception_handlers=dict.fromkeys(kinds, respond),
        lifespan=lambda _app: _running(described),
    )
    app.router.redirect_slashes = False
    return Edge(app, context.metrics)


@asynccontextmanager
async def _running(context: Context) -> AsyncIterator[None]:
    """Start what must run before the first request, and stop it after the last."""
    await context.database.migrate()
    context.openapi()  # it takes a quarter of a second, which no stream should wait for
    if context.settings.demo == "on":
        await demo.prepare(context)
    await context.studio.start()
    await context.jobs.start()
    async with housekeeping.running(context):
        try:
            yield
        finally:
            await asyncio.gather(context.broadcasts.aclose(), context.playback.aclose())
            await context.studio.aclose()
            await context.autosave.aclose()
            await context.jobs.aclose()
    await context.database.aclose()


def version() -> str:
    """The installed version, or that of a checkout."""
    try:
        return importlib.metadata.version("stemwire")
    except importlib.metadata.PackageNotFoundError:
        return "0+checkout"


def _rendering(settings: Settings) -> WorkerOrder:
    folder = settings.data_path
    places = str(folder / "blobs"), str(folder / "bounces")
    return order_for(settings.database, *places, settings.bounces_at_once, settings.log_format, settings.log_level)


def _decoding(settings: Settings) -> Limits:
    return Limits(
        max_seconds=settings.stem_s,
        max_bytes=settings.stem_s * RATE * FRAME_BYTES,
        decode_seconds=settings.decode_s,
        memory_bytes=settings.decode_bytes,
    )


def _workers(settings: Settings) -> int:
    """As many render processes as processors, less one for the server where there are more than two."""
    processors = os.cpu_count() or 1
    return settings.workers or (processors - 1 if processors > 2 else processors)


def _watching(
    metrics: Metrics, settings: Settings, studio: LiveStudio, pool: Pool, broadcasts: Broadcasts, playback: Playback
) -> Metrics:
    metrics.watch("streams", "Live streams that are open.", lambda: len(studio.live()))
    metrics.watch("streams_waiting", "Workspaces that wait in line for a stream.", lambda: len(studio.gate.line))
    metrics.watch("tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
    metrics.watch("streams_limit", "Live streams that may be open.", lambda: settings.streams)
    metrics.watch("renderers", "Render processes that are up.", lambda: pool.workers)
    metrics.watch("renderers_wanted", "Render processes that there should be.", lambda: _workers(settings))
    metrics.watch("http_encoders", "Encoders at work for listeners over HTTP.", lambda: broadcasts.encoded)
    metrics.watch("cache_bytes", "Bytes of played mixes that are kept.", lambda: playback.size)
    metrics.watch("cache_renders", "Children that were started to render stored mixes.", lambda: playback.started)
    for name in studio.company.figures():
        said = f"The open streams' count: {name.replace('_', ' ')}."
        metrics.watch(name, said, partial(_cost, studio.company, name))
    for row in fields(Counts):
        metrics.watch(f"chunks_{row.name}", f"The render pool's count: {row.name}.", partial(_count, pool, row.name))
    return metrics


def _cost(company: Company, name: str) -> float:
    return float(company.figures()[name])


def _count(pool: Pool, name: str) -> float:
    return float(getattr(pool.counts, name)) if pool.workers else 0.0


async def _require_renderers(pool: Pool) -> None:
    if not pool.workers:
        raise RuntimeError("No render process is up.")


def _codecs(library: str | None) -> tuple[Codec, ...]:
    """What streams are sent as; without a libopus, PCM only."""
    return tuple(codec for codec in CODECS if library or codec != "opus")


def _admission(settings: Settings) -> Admission:
    return Admission(min(_workers(settings), os.cpu_count() or 1), share=settings.live_share / 100)


async def _no_demo(_context: Context, _visitor: Visitor) -> None:
    """Leave a new workspace empty."""
