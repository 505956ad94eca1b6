"""Autosave: from a room's changes to revisions, when they are due, never lost, never two at once."""

import asyncio
from collections.abc import Callable

import pytest
from helpers.desk import Desk, Guest
from helpers.mixes import desk
from helpers.waiting import until

from server import desks
from server.autosave import Autosave, wait_for
from storage import mixes
from storage.errors import NotFound
from streaming.desk.presence import Person
from streaming.desk.revisions import LEAST_US, MOST_US, REST_US, Draft
from streaming.desk.stage import Stage
from streaming.live.clock import ManualClock, MonotonicClock

ADA = Person("ada", "Ada", "controller")
FADER = "master/fader_db"


class World:
    """An autosave whose time passes when the test says so, and a store that notes what it is given and may fail."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.saved: list[tuple[int, str, Draft]] = []
        self.outcomes: list[str] = []
        self.failures: list[Exception] = []
        self.slow = asyncio.Event()
        self.slow.set()
        self.autosave = Autosave(self.save, self.clock, self.outcomes.append, self.wait)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait in the test's own time."""
        due_us = self.clock.now_us() + round(seconds * 1e6)
        while self.clock.now_us() < due_us and not event.is_set():
            await asyncio.sleep(0)

    async def save(self, workspace: str, project: str, draft: Draft) -> str:
        """Note it, or fail."""
        assert workspace == "w"
        await asyncio.sleep(0)
        await self.slow.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append((self.clock.now_us(), project, draft))
        return f"r{len(self.saved) + 1}"

    @property
    def values(self) -> list[float]:
        """The fader in each revision."""
        return [float(draft.mix.get(FADER)) for _, _, draft in self.saved]  # type: ignore[arg-type]

    def stage(self, project: str = "p") -> Stage:
        """A desk that is autosaved."""
        stage = Stage("w", project, desk(1), "r1", self.clock, self.autosave.changed)
        stage.enter(ADA)
        return stage

    async def after(self, us: int) -> None:
        """Let time pass, and everybody do what they do then."""
        self.clock.advance_us(us)
        for _ in range(20):
            await asyncio.sleep(0)


def turn(stage: Stage, value: float, gesture: str | None = None) -> None:
    """Move the master fader."""
    stage.edit("ada", [(FADER, value)], gesture)


@pytest.fixture
def world() -> World:
    """Nothing is owed."""
    return World()


async def test_a_click_is_saved_at_once(world: World) -> None:
    """A change that is its own end becomes a revision with its author's name and in words what he did; the stage follows it."""
    stage = world.stage()
    turn(stage, -1)
    assert world.autosave.pending("p")
    await world.after(0)
    ((_, project, draft),) = world.saved
    assert (project, draft.parent, draft.author, draft.change) == ("p", "r1", "Ada", "Master 0 -> -1 dB")
    assert (stage.revision, world.autosave.pending("p"), world.outcomes) == ("r2", False, ["saved"])


async def test_a_drag_is_saved_when_it_rests(world: World) -> None:
    """Of a drag only the last value becomes a revision, half a second after it."""
    stage = world.stage()
    for value in range(-10, 0):
        turn(stage, value, "drag")
        await world.after(100_000)
    await world.after(REST_US - 100_001)
    assert world.saved == []
    await world.after(1)
    assert world.values == [-1.0]


async def test_the_next_gesture_ends_a_drag(world: World) -> None:
    """What waited for rest is saved as soon as another gesture begins."""
    stage = world.stage()
    turn(stage, -1, "one")
    await world.after(1000)
    turn(stage, -2, "two")
    await world.after(0)
    assert world.values == [-2.0]


async def test_a_drag_without_end_is_saved_on_the_way(world: World) -> None:
    """No crash costs more than ten seconds."""
    stage = world.stage()
    for n in range(101):
        turn(stage, -(n + 1) / 10, "drag")
        await world.after(MOST_US // 100)
    assert [time for time, _, _ in world.saved] == [MOST_US]


async def test_changes_in_between_are_coalesced(world: World) -> None:
    """Clicks in a row become one revision in two seconds."""
    stage = world.stage()
    for value in (-1, -2, -3, -4):
        turn(stage, value)
        await world.after(1000)
    assert world.values == [-1.0]
    await world.after(LEAST_US)
    assert world.values == [-1.0, -4.0]


async def test_a_flush_does_not_wait(world: World) -> None:
    """A flush saves a running gesture now; a second one has nothing to do, nor has one of another project."""
    turn(world.stage(), -5, "drag")
    await asyncio.gather(world.autosave.flush("p"), world.autosave.flush("p"), world.autosave.flush("other"))
    assert world.values == [-5.0]


async def test_a_flush_waits_for_the_save_under_way(world: World) -> None:
    """Never two at once: what changed during a save is saved after it."""
    stage = world.stage()
    world.slow.clear()
    turn(stage, -1)
    await world.after(0)
    turn(stage, -2)
    flush = asyncio.create_task(world.autosave.flush("p"))
    await world.after(0)
    assert world.autosave.pending("p")
    world.slow.set()
    await flush
    assert (world.values, world.saved[1][2].parent) == ([-1.0, -2.0], "r2")


async def test_a_failure_is_tried_again(world: World) -> None:
    """A save that fails keeps the change, and the next round stores it."""
    world.failures = [OSError("disk full")]
    stage = world.stage()
    turn(stage, -1)
    await world.after(0)
    assert (world.autosave.pending("p"), stage.revision) == (True, "r1")
    await world.after(LEAST_US)
    assert (world.values, stage.revision, world.outcomes) == ([-1.0], "r2", ["failed", "saved"])


async def test_a_flush_that_fails_says_so(world: World) -> None:
    """Who asked for it must not be told an old revision; the change stays pending."""
    world.failures = [OSError("disk full")]
    turn(world.stage(), -1, "drag")
    with pytest.raises(OSError, match="disk full"):
        await world.autosave.flush("p")
    assert world.autosave.pending("p")


async def test_a_deleted_project_is_let_go(world: World) -> None:
    """A change of a project that is gone is dropped, not tried for ever; so is one that is being deleted."""
    world.failures = [NotFound("project")]
    turn(world.stage(), -1)
    await world.after(0)
    assert not world.autosave.pending("p")
    turn(world.stage("q"), -1, "drag")
    world.autosave.forget("q")
    world.autosave.forget("q")
    await world.autosave.flush("q")
    await world.autosave.aclose()
    assert world.saved == []


async def test_the_end_saves_everything(world: World) -> None:
    """Closing stores what is pending of every project, though one of them cannot be, and one is being stored."""
    world.failures = [OSError("disk full")]
    turn(world.stage("o"), -1, "drag")
    turn(world.stage("p"), -1, "drag")
    await world.after(0)
    world.slow.clear()
    turn(world.stage("q"), -1)
    await world.after(0)
    world.slow.set()
    await world.autosave.aclose()
    assert sorted(project for _, project, _ in world.saved) == ["p", "q"]


async def test_waiting_has_an_end() -> None:
    """Waiting ends with the event, or without it when the time is over."""
    event = asyncio.Event()
    await wait_for(event, 0.001)
    event.set()
    await wait_for(event, 3600)


async def opened(house: Desk, guest: Guest, project: str) -> Stage:
    """A stage on a real project."""
    async with house.context.database.read() as db:
        head = await mixes.head(db, guest.workspace, project)
    return Stage(guest.workspace, project, desks.mix_of(head), head.id, MonotonicClock(), house.context.autosave.changed)


async def test_a_room_and_the_store_meet(house: Desk, guest: Guest) -> None:
    """What a room changed is in the next answer, in words and signed, on top of what another writer stored meanwhile."""
    project = await guest.project()
    stage = await opened(house, guest, project)
    await guest.call("POST", f"/projects/{project}/revisions", 201, json={"name": "Kept by another"})
    stage.edit(guest.workspace, [(FADER, -7)], "drag")
    song = await guest.call("GET", f"/projects/{project}")
    assert (song["mix"]["master"]["params"], song["revision"]["number"]) == ({"fader_db": -7.0}, 3)
    assert (song["revision"]["name"], song["revision"]["change"]) == (None, "Master 0 -> -7 dB")
    assert (song["revision"]["author"], song["revision"]["id"]) == ("Guest", stage.revision)


@pytest.mark.parametrize("edit", [lambda stage: turn(stage, -3), lambda stage: stage.undo("ada", None)])
async def test_real_time_saves_too(house: Desk, guest: Guest, edit: Callable[[Stage], None]) -> None:
    """Nobody has to ask: a click, or an undo, is soon a revision."""
    project = await guest.project()
    stage = await opened(house, guest, project)
    stage.enter(ADA)
    turn(stage, -1)
    await until(lambda: not house.context.autosave.pending(project))
    first = stage.revision
    edit(stage)
    await until(lambda: stage.revision != first)
