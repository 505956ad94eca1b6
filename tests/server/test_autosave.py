"""Autosave: from a room's changes to revisions, coalesced, never lost, never two at once."""

import asyncio

import pytest
from helpers.desk import Desk, Guest

from dsp.mix import Mix
from server.autosave import Autosave
from storage.errors import NotFound


class Store:
    """Notes what is saved; may be told to fail."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, str, float, str]] = []
        self.failures: list[Exception] = []
        self.done = asyncio.Event()

    async def save(self, workspace: str, project: str, mix: Mix, author: str) -> None:
        """Note it, or fail."""
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append((workspace, project, float(mix.get("master/fader_db")), author))  # type: ignore[arg-type]
        self.done.set()


class Pause:
    """Lets the saver's pause last until the test says so."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, _seconds: float) -> None:
        """Wait for the test."""
        self.begun.set()
        await self.over.wait()
        self.over.clear()


def at(value: float) -> Mix:
    """A mix with this master fader."""
    return Mix.empty().set("master/fader_db", value)


@pytest.fixture
def store() -> Store:
    """An empty store."""
    return Store()


async def test_a_change_at_rest_is_saved(store: Store) -> None:
    """A change that no gesture goes on with is saved at once."""
    autosave = Autosave(store.save, 60)
    autosave.changed("w", "p", at(-1), "me", gesture_ended=True)
    assert autosave.pending("p")
    await store.done.wait()
    assert store.saved == [("w", "p", -1.0, "me")]
    assert not autosave.pending("p")
    await autosave.aclose()


async def test_a_gesture_is_saved_when_it_ends(store: Store) -> None:
    """Of a drag only the last value becomes a revision."""
    autosave = Autosave(store.save, 60)
    for value in range(-10, 0):
        autosave.changed("w", "p", at(value), "me", gesture_ended=value == -1)
        await asyncio.sleep(0)
    await store.done.wait()
    assert [value for _, _, value, _ in store.saved] == [-1.0]
    await autosave.aclose()


async def test_changes_in_between_are_coalesced(store: Store) -> None:
    """What changes during the pause is saved once, after it."""
    pause = Pause()
    autosave = Autosave(store.save, 60, pause)
    autosave.changed("w", "p", at(-1), "me", gesture_ended=True)
    await pause.begun.wait()
    for value in (-2, -3, -4):
        autosave.changed("w", "p", at(value), "me", gesture_ended=True)
    store.done.clear()
    pause.over.set()
    await store.done.wait()
    assert [value for _, _, value, _ in store.saved] == [-1.0, -4.0]
    await autosave.aclose()


async def test_a_flush_does_not_wait(store: Store) -> None:
    """A flush saves a running gesture now; a second one has nothing to do."""
    autosave = Autosave(store.save, 60)
    autosave.changed("w", "p", at(-5), "me", gesture_ended=False)
    await asyncio.gather(autosave.flush("p"), autosave.flush("p"), autosave.flush("other"))
    assert [value for _, _, value, _ in store.saved] == [-5.0]
    await autosave.aclose()


async def test_a_failure_is_tried_again(store: Store) -> None:
    """A save that fails keeps the change, and the next round stores it."""
    pause = Pause()
    autosave = Autosave(store.save, 60, pause)
    store.failures = [OSError("disk full")]
    autosave.changed("w", "p", at(-1), "me", gesture_ended=True)
    await pause.begun.wait()
    assert autosave.pending("p")
    pause.over.set()
    await store.done.wait()
    assert not autosave.pending("p")
    await autosave.aclose()


async def test_a_deleted_project_is_let_go(store: Store) -> None:
    """A change of a project that is gone is dropped, not tried for ever."""
    autosave = Autosave(store.save, 60)
    store.failures = [NotFound("project")]
    autosave.changed("w", "p", at(-1), "me", gesture_ended=True)
    while autosave.pending("p"):
        await asyncio.sleep(0)
    autosave.changed("w", "q", at(-1), "me", gesture_ended=False)
    autosave.forget("q")
    await autosave.flush("q")
    await autosave.aclose()
    assert store.saved == []


async def test_the_end_saves_everything(store: Store) -> None:
    """Closing stores what is pending of every project."""
    autosave = Autosave(store.save, 60)
    for project in ("p", "q"):
        autosave.changed("w", project, at(-1), "me", gesture_ended=False)
    await autosave.aclose()
    assert sorted(project for _, project, _, _ in store.saved) == ["p", "q"]


async def test_a_room_and_the_store_meet(house: Desk, guest: Guest) -> None:
    """What a room changed is in the next answer, on top of what another writer stored meanwhile."""
    project = await guest.project()
    house.context.autosave.changed(guest.workspace, project, at(-7), "Guest", gesture_ended=False)
    song = await guest.call("GET", f"/projects/{project}")
    assert (song["mix"]["master"]["params"], song["revision"]["number"]) == ({"fader_db": -7.0}, 2)
