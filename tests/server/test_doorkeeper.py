"""Seats: kept for a while when a line breaks, given back to whoever shows the token, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from helpers.desk import Desk, Guest
from helpers.lines import RING, Line, player
from helpers.mixes import desk

from dsp.slot.columns import bus_meter_names
from server import doorkeeper
from server.doorkeeper import AWAY_S, Doorkeeper
from server.live import Place
from streaming.desk.presence import Person
from streaming.desk.stage import Stage
from streaming.errors import StreamingError
from streaming.listening.seats import Seat
from streaming.live.clock import ManualClock
from streaming.protocol.controls import Hello

ADA = Person("ada", "Ada", "controller")


class World:
    """A door, and two streams behind it."""

    def __init__(self, house: Desk, workspace: str, project: str) -> None:
        clock = ManualClock()
        self.door = Doorkeeper(house.context.settings, house.context.database, RING)
        self.stage = Stage(workspace, project, desk(), "r1", clock, lambda _stage: None)
        players = [player(name, desk(), clock, lambda: self.stage.revision) for name in ("s1", "s2")]
        self.stage.players = {one.id: one for one in players}
        self.places = [Place(self.stage, one, ADA, ("pcm-f32",)) for one in players]

    def sit(self, resume: str | None = None, stream: int = 0) -> tuple[Seat, Line]:
        """A listener comes, perhaps back."""
        hello, line = Hello(type="hello", codecs=("pcm-f32",), buffer_frames=96_000, resume=resume), Line()
        seat = self.door.take_seat(self.places[stream], hello, "pcm-f32", line)  # type: ignore[arg-type]
        self.places[stream].player.sit(seat, 96_000)
        return seat, line

    def leave(self, seat: Seat, for_good: bool = False, stream: int = 0) -> None:
        """A listener's line ends."""
        self.door.leave_seat(self.places[stream], seat, for_good)

    def tidy(self, later_s: float) -> None:
        """Look after the places, as if it were later."""
        self.door.tidy(asyncio.get_running_loop().time() + later_s)

    def joined(self, stream: int = 0) -> int:
        """How many listeners the stream keeps up with."""
        return len(self.places[stream].player.stream.listeners)


@pytest.fixture
async def world(house: Desk, guest: Guest) -> AsyncIterator[World]:
    """A door before a project that is stored."""
    made = World(house, guest.workspace, await guest.project())
    yield made
    for place in made.places:
        place.player.close(1001, "over")


async def test_a_place_is_kept_and_given_back(world: World) -> None:
    """Who comes back has the same id and is told its meters on from where they were; the token is another one."""
    seat, _ = world.sit()
    world.places[0].player.subscribe(seat, 30, 20)
    seat.metered_to, seat.scoped_to = 7, 8
    world.leave(seat)
    assert world.door.expects("s1")
    back, _ = world.sit(seat.token)
    assert (back.id, back.meters_hz, back.metered_to, back.scope_hz, back.scoped_to) == (seat.id, 30, 7, 20, 8)
    assert (back.token != seat.token, world.door.expects("s1"), world.joined()) == (True, False, 1)


async def test_a_token_opens_once(world: World) -> None:
    """Shown again it is a stranger's, and so is one of another stream, or one that nobody has."""
    seat, _ = world.sit()
    world.leave(seat)
    back, _ = world.sit(seat.token)
    world.leave(back)
    ids = {world.sit(seat.token)[0].id, world.sit("made-up")[0].id, world.sit(back.token, 1)[0].id}
    assert len(ids | {seat.id}) == 4
    assert world.door.expects("s1")


async def test_a_line_that_still_holds_the_place_is_replaced(world: World) -> None:
    """The old line is closed with 4004, and its end neither frees the place nor keeps it a second time."""
    seat, line = world.sit()
    back, _ = world.sit(seat.token)
    assert (line.closed, back.id) == ((4004, "resumed elsewhere"), seat.id)
    world.leave(seat)
    assert (world.door.expects("s1"), world.places[0].player.seats) == (False, (back,))
    world.leave(back)
    world.tidy(AWAY_S - 1)
    assert (world.door.expects("s1"), world.joined()) == (True, 1)


async def test_places_are_given_up(world: World) -> None:
    """Nobody is waited for longer than twenty seconds, and whoever leaves for good is not waited for at all."""
    seat, _ = world.sit()
    other, _ = world.sit()
    world.leave(other, for_good=True)
    assert world.joined() == 1
    world.leave(seat)
    world.tidy(AWAY_S - 1)
    assert world.joined() == 1
    world.tidy(AWAY_S + 1)
    assert (world.door.expects("s1"), world.joined()) == (False, 0)
    assert world.sit(seat.token)[0].id != seat.id


async def test_only_so_many_places_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves when too many are away is let go at once."""
    monkeypatch.setattr(doorkeeper, "MOST_AWAY", 2)
    for seat in [world.sit()[0] for _ in range(5)]:
        world.leave(seat)
    assert world.joined() == 2


async def test_the_welcome_says_all(world: World) -> None:
    """Who one is, what one gets, the desk as it is, and what the meters will be."""
    seat, _ = world.sit()
    welcome = world.door.welcome(world.places[0], seat)
    assert (welcome.stream_id, welcome.listener_id, welcome.resume, welcome.role) == ("s1", seat.id, seat.token, "controller")
    assert welcome.mix == {"revision": "r1", "document": desk().document()}
    assert welcome.limits["ring_frames"] == RING
    assert welcome.meters == {"tracks": 8, "columns": world.places[0].player.telemetry.columns, "buses": bus_meter_names()}


async def test_only_revisions_of_the_project_are_found(world: World, guest: Guest) -> None:
    """A stored one is read as a mix; any other is refused in the protocol's words."""
    head = (await guest.call("GET", f"/projects/{world.stage.project}"))["revision"]["id"]
    other = (await guest.call("GET", f"/projects/{await guest.project()}"))["revision"]["id"]
    assert (await world.door.revision(world.places[0], head)).tracks == ()
    with pytest.raises(StreamingError, match="no such revision"):
        await world.door.revision(world.places[0], other)
