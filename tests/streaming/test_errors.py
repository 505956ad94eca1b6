from streaming.errors import Conflict, EditRefused, InvalidEdit, NotController, NothingToUndo, StreamingError, WireError


def test_every_refusal_has_a_word_of_its_own() -> None:
    """Programs can tell the refusals of an edit apart."""
    kinds = (EditRefused, NotController, InvalidEdit, Conflict, NothingToUndo)
    assert len({kind("").code for kind in kinds}) == len(kinds)


def test_an_error_keeps_its_sentence_and_may_be_more_exact() -> None:
    """A code given takes the place of the kind's own."""
    error = InvalidEdit("no such track", "unknown_path")
    assert (error.sentence, str(error), error.code) == ("no such track", "no such track", "unknown_path")


def test_all_can_be_caught_as_one() -> None:
    """The tree has one root."""
    assert all(issubclass(kind, StreamingError) for kind in (WireError, EditRefused, Conflict))
    assert WireError("malformed", "what", fatal=True).fatal
