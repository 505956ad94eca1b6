"""A stream without a WebSocket: who may ask, what is refused, and what a stream that has played nothing tells."""

from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Guest
from helpers.studios import Open, studio

from dsp.slot.columns import bus_meter_names
from streaming.desk.room import Person

READS = ("timeline", "meters", "scope")


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """A studio whose pool rests."""
    async with studio(tmp_path) as made:
        yield made


@pytest.fixture
async def guest(opened: Open) -> Guest:
    """Whose streams they are."""
    return await opened.house.guest()


@pytest.fixture
async def stream(opened: Open, guest: Guest) -> str:
    """A stream nobody listens to yet."""
    return await opened.stream(guest, await guest.project())


async def test_a_stream_that_rests(guest: Guest, stream: str) -> None:
    """It stands at its beginning, nothing is ahead, and no row was heard."""
    told = await guest.call("GET", f"/streams/{stream}/timeline")
    assert told.pop("server_us") > 0
    assert told.pop("revision")
    assert told == {
        "stream_id": stream, "transport": "stopped", "frame": 0, "position": 0, "loop": None, "rendered_to": 0, "ends_at": None,
        "segments": [], "epochs": [], "listeners": 0,
    }  # fmt: skip
    meters = await guest.call("GET", f"/streams/{stream}/meters?since=0&hz=60")
    heard = {"frame": 0, "epoch": 0, "next": 0, "rows": []}
    assert meters == {**heard, "tracks": 8, "buses": list(bus_meter_names())}
    assert await guest.call("GET", f"/streams/{stream}/scope") == heard


async def test_the_transport_obeys(opened: Open, guest: Guest, stream: str) -> None:
    """Each command does what it does on the line, and its answer and all listeners tell how things stand then."""
    socket = await opened.listen(guest, stream)

    async def told(**command: Any) -> tuple[str, int, Any]:
        state = await guest.call("POST", f"/streams/{stream}/transport", json=command)
        return state["transport"], state["position"], state["loop"]

    cycle = {"start": 0, "end": 48_000}
    assert await told(type="seek", position=9_600) == ("stopped", 9_600, None)
    assert await told(type="loop", **cycle) == ("stopped", 9_600, cycle)
    assert await told(type="play") == ("playing", 9_600, cycle)
    assert await told(type="pause") == ("paused", 9_600, cycle)
    assert await told(type="loop", start=None, end=None) == ("paused", 9_600, None)
    assert await told(type="stop") == ("stopped", 0, None)
    states = [state["transport"] for state in socket.line.told("state")]
    assert [state for state, _ in groupby(states)] == ["stopped", "playing", "paused", "stopped"]
    assert (await guest.call("GET", f"/streams/{stream}/timeline"))["listeners"] == 1


@pytest.mark.parametrize(
    "command",
    [
        {"type": "dance"},
        {"type": "hello", "codecs": ["opus"], "buffer_frames": 96_000},
        {"type": "seek"},
        {"type": "seek", "position": -1},
        {"type": "seek", "position": "0"},
        {"type": "play", "position": 0},
        {"type": "loop", "start": 0, "end": 2_399},
        {"type": "loop", "start": 0, "end": None},
        [],
        {},
    ],
)
async def test_a_wrong_command_is_refused(guest: Guest, stream: str, command: Any) -> None:
    """It is a problem that says what is wrong, and nothing happens."""
    await guest.refused("POST", f"/streams/{stream}/transport", 422, "invalid_parameter", json=command)
    assert (await guest.call("GET", f"/streams/{stream}/timeline"))["transport"] == "stopped"


@pytest.mark.parametrize("query", ["since=-1", "since=x", f"since={2**53}", "hz=0", "hz=61", "hz=1.5", "to=9", "hz=1&hz=2"])
async def test_a_wrong_question_is_refused(guest: Guest, stream: str, query: str) -> None:
    """Numbers out of range, and what nobody knows."""
    for what in ("meters", "scope"):
        await guest.refused("GET", f"/streams/{stream}/{what}?{query}", 422, "invalid_parameter")
    await guest.refused("GET", f"/streams/{stream}/timeline?after=-1", 422, "invalid_parameter")


async def test_only_its_owner_may_ask(opened: Open, guest: Guest, stream: str) -> None:
    """For everybody else, and once it has ended, there is no such stream; nobody in particular is asked to open a session."""
    stranger, nobody = await opened.house.guest(), Guest(opened.house.browser())
    play = {"json": {"type": "play"}}
    for who, status, code in ((stranger, 404, "not_found"), (nobody, 401, "no_session")):
        for what in READS:
            await who.refused("GET", f"/streams/{stream}/{what}", status, code)
        await who.refused("POST", f"/streams/{stream}/transport", status, code, **play)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    await guest.refused("POST", f"/streams/{stream}/transport", 403, "cross_site", headers=elsewhere, **play)
    await opened.tidy(31)
    await guest.refused("GET", f"/streams/{stream}/timeline", 404, "not_found")


async def test_who_only_listens_does_not_steer(opened: Open, guest: Guest, stream: str) -> None:
    """In a room in which one is a listener the transport is refused, and may be looked at."""
    place = await opened.studio.place(opened.visitor(guest), stream)
    assert place is not None
    place.stage.enter(Person(guest.workspace, "Ada", "listener"))
    problem = await guest.refused("POST", f"/streams/{stream}/transport", 403, "not_controller", json={"type": "play"})
    assert problem["detail"] == "You may listen here, not mix."
    assert (await guest.call("GET", f"/streams/{stream}/timeline"))["transport"] == "stopped"


async def test_a_stream_that_cannot_be_rendered(opened: Open, guest: Guest, stream: str) -> None:
    """Its transport says so."""
    place = await opened.studio.place(opened.visitor(guest), stream)
    assert place is not None
    place.player.stream.fail(place.player.now_us())
    await guest.refused("POST", f"/streams/{stream}/transport", 409, "conflict", json={"type": "play"})
