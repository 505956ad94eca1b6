"""When the desk is saved: bookkeeping between edits, which come many a second, and stored revisions.

It stores nothing: ``due`` hands out what to save, ``saved`` or ``failed`` tells what became of it. One save is under way at
a time.
"""

from dataclasses import dataclass

from dsp.desk.mix import Mix

REST_US = 500_000
"""A desk that nobody touched for so long is at rest."""
LEAST_US = 2_000_000
"""At most one revision in two seconds, unless settings say otherwise."""
MOST_US = 10_000_000
"""A gesture that does not end is saved on the way, so that no crash costs more than this."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision to be stored: the mix, the revision it follows, its author and, in words, what the last gesture did."""

    mix: Mix
    parent: str
    author: str
    change: str


class Revisions:
    """The stored revision that the desk follows, and what it still owes to the store."""

    def __init__(self, revision: str, least_us: int = LEAST_US) -> None:
        self.revision = revision
        self._least_us = least_us
        self._owed: Mix | None = None
        self._author = ""
        self._gesture: str | None = None
        self._ended = False
        self._first_us = 0
        self._last_us = 0
        self._not_before_us: int | None = None
        self._saving: Draft | None = None

    def edited(self, mix: Mix, author: str, gesture: str | None, now_us: int) -> None:
        """Note an edit. One without a gesture, or of another gesture than the one before, ends what was going on."""
        if self._owed is None:
            self._first_us, self._ended = now_us, gesture is None
        elif gesture is None or (author, gesture) != (self._author, self._gesture):
            self._ended = True
        self._owed, self._author, self._gesture, self._last_us = mix, author, gesture, now_us

    @property
    def dirty(self) -> bool:
        """Whether the desk holds anything that is not stored."""
        return self._owed is not None or self._saving is not None

    def wake_at(self) -> int | None:
        """Return when the next save is due, if nobody touches the desk until then; None if none is."""
        if self._owed is None or self._saving is not None:
            return None
        wanted = self._first_us if self._ended else min(self._last_us + REST_US, self._first_us + MOST_US)
        return wanted if self._not_before_us is None else max(wanted, self._not_before_us)

    def due(self, change: str, now_us: int, closing: bool = False) -> Draft | None:
        """Return what to store now, if anything; ``closing`` does not wait. The answer is ``saved`` or ``failed``."""
        wake_at = self.wake_at()
        if self._owed is None or wake_at is None or (now_us < wake_at and not closing):
            return None
        self._saving = Draft(self._owed, self.revision, self._author, change)
        self._owed, self._not_before_us = None, now_us + self._least_us
        return self._saving

    def saved(self, revision: str) -> None:
        """The draft is stored as ``revision``."""
        self.revision, self._saving = revision, None

    def failed(self) -> None:
        """The draft could not be stored: it is owed again (after the usual two seconds)."""
        if self._saving is not None and self._owed is None:
            self._owed, self._ended = self._saving.mix, True
        self._saving = None

    def follow(self, revision: str) -> None:
        """The desk was put, or kept by name, as this revision; what is owed stays so."""
        self.revision = revision
