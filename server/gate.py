"""Who may open a stream: so many for each workspace and in all, as many as the processors carry, and a line for those who wait.

One place in the line is a workspace's, however many of its windows ask. Places free up in the order of the line: a newcomer is
let in only where there is room for everybody who stands before them.
"""

from config.settings import Settings
from server.errors import CAPACITY, DRAINING, STREAMS_FULL, Problem, retry_after
from streaming.live.admission import Admission
from streaming.live.clock import Clock
from streaming.live.waiting import ASK_AGAIN_S, WaitingLine

FULL_S = 10
"""When those are told to ask again who cannot wait in line."""
RETRY_S = 2
"""When listeners are told to come back after the server has said goodbye."""
UNHEARD_S = 30.0
"""A stream that nobody has listened to for this long is closed (a ticket lives as long)."""


class Gate:
    """The streams that were let in, by whose they are."""

    def __init__(self, settings: Settings, admission: Admission, clock: Clock) -> None:
        self._settings, self._admission = settings, admission
        self._owners: dict[str, str] = {}
        self.line = WaitingLine(settings.waiting, clock)
        self.is_closed = False
        """Whether the server is stopping."""

    def admit(self, workspace: str, stream: str) -> None:
        """Let a stream in, or raise a ``Problem`` that says when to ask again, and which place in the line that keeps."""
        if self.is_closed:
            raise Problem(DRAINING, "The server is stopping; another will take its place.", headers=retry_after(RETRY_S))
        most = self._settings.streams_per_workspace
        if sum(owner == workspace for owner in self._owners.values()) >= most:
            sentence = f"The workspace has {most} streams open; close one."
            raise Problem(STREAMS_FULL, sentence, headers=retry_after(UNHEARD_S))
        ahead = self.line.ahead(workspace)
        if len(self._owners) + ahead >= self._settings.streams:
            self._refuse(workspace, "The server has as many streams open as it may.", FULL_S)
        refusal = self._admission.admit(stream, ahead)
        if refusal is not None:
            self._refuse(workspace, f"{refusal}.", refusal.retry_after_s)
        self.line.leave(workspace)
        self._owners[stream] = workspace

    def release(self, stream: str) -> None:
        """A stream is over."""
        self._owners.pop(stream, None)
        self._admission.release(stream)

    def _refuse(self, workspace: str, sentence: str, again_s: float) -> None:
        place = self.line.stand(workspace)
        if place is None:
            raise Problem(CAPACITY, sentence, headers=retry_after(again_s))
        told = f"The server is full. You are {ordinal(place)} in line."
        raise Problem(CAPACITY, told, headers=retry_after(ASK_AGAIN_S), place=place)


def ordinal(number: int) -> str:
    """A place in words: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
