"""What can befall a stream that goes on all the same: a code and a sentence for its listeners."""

from collections.abc import Sequence
from dataclasses import dataclass

_NAMES = 4


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble."""

    code: str
    sentence: str


NOT_FINITE = Trouble("not_finite", "Some of this song's audio is not a number; it plays as silence.")
HUNG = Trouble("renderer_hung", "A renderer hung and was replaced; there may have been a gap.")
DISK_FULL = Trouble("storage_full", "The server's disk is full: you hear what you change, but it is not stored.")
NOT_STORED = Trouble("not_stored", "What you change is heard but cannot be stored just now; the server keeps trying.")


def audio_missing(names: Sequence[str]) -> Trouble:
    """The audio of these tracks is gone."""
    shown = ", ".join(names[:_NAMES]) + (" and others" if len(names) > _NAMES else "")
    return Trouble("audio_missing", f"The audio of {shown or 'a stem'} is no longer stored; it plays as silence.")
