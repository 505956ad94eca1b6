"""Whether one stream more may be opened: not on a server that is stopping or full, nor in a workspace that has its share."""

from collections.abc import Mapping

from config.settings import Settings
from server.errors import CAPACITY, DRAINING, STREAMS_FULL, Problem, retry_after
from server.memory import Opened
from streaming.live.admission import Admission

UNHEARD_S = 30.0
"""A stream that nobody has listened to for this long is closed (a ticket lives as long)."""
RETRY_S = 2
"""When listeners are told to come back after the server has said goodbye."""


class Gate:
    """The gate before the open ``streams``."""

    def __init__(self, settings: Settings, admission: Admission, streams: Mapping[str, Opened]) -> None:
        self._settings, self._admission, self._streams = settings, admission, streams
        self.is_closed = False
        """Whether the server is stopping."""

    def admit(self, workspace: str, stream: str) -> None:
        """Let a stream in; raises a ``Problem``. Whoever is let in and does not open it after all must be released."""
        settings, streams = self._settings, self._streams
        if self.is_closed:
            raise Problem(DRAINING, "The server is stopping; another will take its place.", headers=retry_after(RETRY_S))
        if sum(opened.workspace == workspace for opened in streams.values()) >= settings.streams_per_workspace:
            sentence = f"The workspace has {settings.streams_per_workspace} streams open; close one."
            raise Problem(STREAMS_FULL, sentence, headers=retry_after(UNHEARD_S))
        if len(streams) >= settings.streams:
            raise Problem(CAPACITY, "The server has as many streams open as it may.", headers=retry_after(10))
        refusal = self._admission.admit(stream)
        if refusal is not None:
            raise Problem(CAPACITY, f"{refusal}.", headers=retry_after(refusal.retry_after_s))
