import pytest
from helpers.mixes import desk

from dsp.desk.mix import Mix
from streaming.desk.revisions import LEAST_US, MOST_US, REST_US, Revisions


def mixes(count: int) -> list[Mix]:
    """Different mixes."""
    return [desk(1).set("tracks/t0/fader_db", -n - 1) for n in range(count)]


def test_a_desk_that_was_not_touched_owes_nothing() -> None:
    """Nothing is due on a fresh desk, not even when it closes."""
    revisions = Revisions("r1")
    assert (revisions.dirty, revisions.wake_at(), revisions.due("", 0, closing=True)) == (False, None, None)


def test_a_single_edit_is_saved_at_once() -> None:
    """An edit without a gesture is its own end."""
    revisions, (mix,) = Revisions("r1"), mixes(1)
    revisions.edited(mix, "ada", None, 1000)
    draft = revisions.due("Pan", 1000)
    assert draft is not None
    assert (draft.mix, draft.parent, draft.author, draft.change) == (mix, "r1", "ada", "Pan")
    revisions.saved("r2")
    assert (revisions.revision, revisions.dirty) == ("r2", False)


def test_a_gesture_is_saved_when_it_rests() -> None:
    """Half a second after the last edit of a drag the desk is at rest."""
    revisions = Revisions("r1")
    for n, mix in enumerate(mixes(5)):
        revisions.edited(mix, "ada", "drag", n * 100_000)
    assert revisions.wake_at() == 400_000 + REST_US
    assert revisions.due("", 400_000 + REST_US - 1) is None
    assert revisions.due("", 400_000 + REST_US) is not None


def test_the_next_gesture_ends_the_one_before() -> None:
    """When another gesture begins, what was done is saved at once."""
    revisions, (first, second) = Revisions("r1"), mixes(2)
    revisions.edited(first, "ada", "a", 0)
    revisions.edited(second, "ada", "b", 10)
    draft = revisions.due("", 10)
    assert draft is not None
    assert draft.mix is second


def test_at_most_one_revision_in_two_seconds() -> None:
    """Clicks in a row are coalesced: the second save waits, and holds the latest mix."""
    revisions, (first, second, third) = Revisions("r1"), mixes(3)
    revisions.edited(first, "ada", None, 0)
    assert revisions.due("", 0)
    revisions.saved("r2")
    revisions.edited(second, "ada", None, 1000)
    revisions.edited(third, "ada", None, 2000)
    assert revisions.wake_at() == LEAST_US
    draft = revisions.due("", LEAST_US)
    assert draft is not None
    assert (draft.mix, draft.parent) == (third, "r2")


def test_a_gesture_without_an_end_is_saved_on_the_way() -> None:
    """A drag that goes on and on is saved after ten seconds."""
    revisions, many = Revisions("r1"), mixes(60)
    for n, mix in enumerate(many):
        revisions.edited(mix, "ada", "drag", n * 200_000)
    assert revisions.wake_at() == MOST_US


def test_one_save_is_under_way_at_a_time() -> None:
    """While a draft is being stored no other is handed out; edits meanwhile are owed after it."""
    revisions, (first, second) = Revisions("r1"), mixes(2)
    revisions.edited(first, "ada", None, 0)
    assert revisions.due("", 0)
    revisions.edited(second, "ada", None, 1)
    assert (revisions.wake_at(), revisions.due("", 10 * LEAST_US, closing=True)) == (None, None)
    revisions.saved("r2")
    assert revisions.dirty
    draft = revisions.due("", 1, closing=True)
    assert draft is not None
    assert (draft.mix, draft.parent) == (second, "r2")


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_save_that_failed_is_owed_again(meanwhile: bool) -> None:
    """What could not be stored is tried again two seconds later, with what has come since."""
    revisions, (first, second) = Revisions("r1"), mixes(2)
    revisions.edited(first, "ada", None, 0)
    assert revisions.due("", 0)
    if meanwhile:
        revisions.edited(second, "ada", None, 1)
    revisions.failed()
    assert revisions.wake_at() == LEAST_US
    draft = revisions.due("", LEAST_US)
    assert draft is not None
    assert (draft.mix, draft.parent) == (second if meanwhile else first, "r1")


def test_a_desk_follows_another_revision_and_owes_what_it_owed() -> None:
    """A named revision or a switch is followed from then on; what was not stored still has to be, on top of it."""
    revisions, (mix,) = Revisions("r1"), mixes(1)
    revisions.edited(mix, "ada", None, 0)
    revisions.follow("r7")
    draft = revisions.due("", 0)
    assert draft is not None
    assert (revisions.revision, draft.mix, draft.parent) == ("r7", mix, "r7")


def test_the_least_time_between_revisions_is_a_setting() -> None:
    """The second save waits as long as it is told to."""
    revisions, (first, second) = Revisions("r1", 7_000_000), mixes(2)
    revisions.edited(first, "ada", None, 0)
    assert revisions.due("", 0)
    revisions.saved("r2")
    revisions.edited(second, "ada", None, 1)
    assert revisions.wake_at() == 7_000_000
