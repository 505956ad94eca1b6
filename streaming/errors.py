"""What can go wrong while streaming. Every error has a ``code`` (one word, the same in HTTP problems) and a sentence for people.

* :exc:`StreamingError`
    * :exc:`WireError`: a message that the protocol does not allow.
    * :exc:`OutOfRange`: a transport command or an acknowledgement that cannot be.
    * :exc:`EditRefused`: the room does not make this change.
        * :exc:`NotController`
        * :exc:`InvalidEdit`: no such path, or a value that it cannot take.
        * :exc:`Conflict`: somebody else has changed the value since.
        * :exc:`NothingToUndo`
"""


class StreamingError(Exception):
    """Base of them all."""

    code = "streaming_failed"

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.code


class WireError(StreamingError):
    """A message that is malformed, too big, unknown or out of range. ``fatal`` ends the connection, never the stream."""

    code = "malformed"

    def __init__(self, code: str, sentence: str, fatal: bool = False) -> None:
        super().__init__(sentence, code)
        self.fatal = fatal


class OutOfRange(StreamingError):
    """A loop that cannot be played, or an acknowledgement of what was not sent."""

    code = "out_of_range"


class EditRefused(StreamingError):
    """The desk stays as it is."""

    code = "edit_refused"


class NotController(EditRefused):
    """The person may listen, not mix."""

    code = "not_controller"


class InvalidEdit(EditRefused):
    """``code`` says which: unknown_path or invalid_parameter."""

    code = "invalid_parameter"


class Conflict(EditRefused):
    """An undo that would throw away what another has done."""

    code = "conflict"


class NothingToUndo(EditRefused):
    """The person has no such gesture."""

    code = "nothing_to_undo"
