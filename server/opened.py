"""What the studio has open: stages and streams by their ids, and how many listen to each stream, over sockets and over HTTP."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streaming.desk.stage import Stage
from streaming.live.player import Player


@dataclass(slots=True)
class Opened:
    """An open stream, and what of it is stored already."""

    workspace: str
    project: str
    player: Player
    unheard_since: float
    sockets: int = 0
    stored: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    told_at: float = 0.0
    marked_at: float = 0.0
    tracks: int = 0

    @contextmanager
    def seated(self) -> Iterator[None]:
        """Count one listener."""
        self.sockets += 1
        try:
            yield
        finally:
            self.sockets -= 1


@dataclass(slots=True)
class Parts:
    """Everything that is open."""

    stages: dict[str, Stage] = field(default_factory=dict)
    streams: dict[str, Opened] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
