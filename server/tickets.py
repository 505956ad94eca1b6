"""One-time tickets: they let a WebSocket in where a cookie cannot, for a few seconds, once, and to one stream only."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from streaming.live.clock import Clock

MAX_TICKETS = 10_000
"""Unused tickets kept; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class _Pass:
    workspace: str
    stream: str
    expires_us: int


class Tickets:
    """The tickets handed out and not yet used; only their hashes are kept."""

    def __init__(self, clock: Clock, lasts_s: int, new_token: Callable[[], str] = secrets.token_urlsafe) -> None:
        self._clock = clock
        self._lasts_us = lasts_s * 1_000_000
        self._new_token = new_token
        self._passes: OrderedDict[str, _Pass] = OrderedDict()

    def issue(self, workspace: str, stream: str) -> str:
        """A ticket with which ``workspace`` may open one socket on ``stream``."""
        token = self._new_token()
        self._passes[_hash(token)] = _Pass(workspace, stream, self._clock.now_us() + self._lasts_us)
        if len(self._passes) > MAX_TICKETS:
            self._passes.popitem(last=False)
        return token

    def redeem(self, token: str, stream: str) -> str | None:
        """The workspace that a ticket lets in to ``stream``; ``None`` if it is unknown, used, too old or for another stream."""
        found = self._passes.pop(_hash(token), None)
        if found is None or found.stream != stream or found.expires_us < self._clock.now_us():
            return None
        return found.workspace


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
