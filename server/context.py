"""What a request may use: one typed record, built by the composition root and handed down. No globals."""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from config.presets import Preset
from config.settings import Settings
from server.autosave import Autosave
from server.broadcasting import Broadcasts
from server.ingest import Ingest
from server.limits import Allowance, Slots
from server.metrics import Metrics
from server.playback import Playback
from server.seams import Jobs, Studio
from server.tickets import Tickets
from server.visitor import Visitor
from storage.blobs import LocalBlobs
from storage.database import Database

Check = Callable[[], Awaitable[None]]
"""Raises when a part of the server is not ready."""

Welcome = Callable[["Context", Visitor], Awaitable[None]]
"""Furnishes a new guest workspace, with the demo song."""


def wall_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id(kind: str) -> str:
    """A permanent id that cannot be guessed: a letter for its kind and 80 random bits."""
    return kind + secrets.token_hex(10)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything below the routes."""

    settings: Settings
    database: Database
    blobs: LocalBlobs
    studio: Studio
    broadcasts: Broadcasts
    playback: Playback
    playing: Slots
    ingest: Ingest
    jobs: Jobs
    autosave: Autosave
    tickets: Tickets
    metrics: Metrics
    newcomers: Allowance
    uploads: Slots
    checks: Mapping[str, Check]
    welcome: "Welcome"
    presets: Mapping[str, Preset]
    log: FilteringBoundLogger
    wall_ms: Callable[[], int] = wall_ms
    openapi: Callable[[], Mapping[str, object]] = dict
