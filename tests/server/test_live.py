"""A listener's conversation: over real sockets, and for what cannot be waited for, over made ones."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.lines import Socket, player
from helpers.listener import Listener
from helpers.mixes import desk
from helpers.serving import Client, Server
from helpers.studios import HELLO, studio
from helpers.waiting import until

from server import live
from server.doorkeeper import Doorkeeper
from server.live import BURST, Live, Place
from streaming.desk.presence import Person
from streaming.desk.stage import Stage
from streaming.live.clock import ManualClock


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of this module."""
    with Server(tmp_path_factory.mktemp("live"), {"LOG_LEVEL": "debug"}) as made:
        yield made


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """The guest of all tests."""
    return Client(server.url)


@pytest.fixture
def project(client: Client) -> Iterator[str]:
    """A new project; it goes afterwards, and its streams with it."""
    made = client.call("POST", "/projects", {"name": "Song"})["id"]
    yield made
    client.call("DELETE", f"/projects/{made}")


@pytest.fixture
def url(client: Client, project: str) -> str:
    """The address of a new stream, with a ticket."""
    return str(client.call("POST", "/streams", {"project_id": project})["url"])


def plain(url: str) -> str:
    """The address without its ticket."""
    return url.partition("?")[0]


async def pinged(listener: Listener, number: int) -> None:
    """The conversation goes on."""
    await listener.send("ping", client_us=number)
    await listener.wait(lambda message: message["type"] == "pong" and message["client_us"] == number)


async def test_hello_is_welcomed(url: str) -> None:
    """The first message is the welcome; state, people and history follow."""
    async with Listener(url) as listener:
        welcome = await listener.hello()
        assert (listener.log[0], welcome["codec"], welcome["role"]) == (welcome, "pcm-f32", "controller")
        await listener.wait(lambda message: message["type"] == "history")
        assert [message["type"] for message in listener.log] == ["welcome", "state", "people", "history"]


async def test_hello_comes_first(url: str) -> None:
    """Anything else is answered with 4001."""
    async with Listener(url) as listener:
        await listener.send("play")
        assert (await listener.until_closed())[0] == 4001


@pytest.mark.parametrize(
    "first", ["{", b"\0", '{"type": "hello"}', '{"type": "hello", "codecs": ["mp3"], "buffer_frames": 96000}']
)
async def test_a_malformed_hello_ends_the_line(url: str, first: str | bytes) -> None:
    """Whoever cannot introduce himself is told why, and closed with 4000."""
    async with Listener(url) as listener:
        await listener.send_raw(first)
        assert (await listener.wait(lambda message: message["type"] == "error"))["fatal"]
        assert (await listener.until_closed())[0] == 4000


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "malformed"),
        ("[]", "malformed"),
        ('{"type": "dance"}', "malformed"),
        (b"\0\1\2", "malformed"),
        ('{"type": "hello", "codecs": ["pcm-f32"], "buffer_frames": 96000}', "malformed"),
        ('{"type": "seek", "position": -1}', "invalid_parameter"),
        ('{"type": "seek", "position": 0, "more": 1}', "invalid_parameter"),
        ('{"type": "undo"}', "nothing_to_undo"),
        ('{"type": "mix", "revision": "none"}', "not_found"),
        ('{"type": "ack", "epoch": 1, "played_to": 960000, "buffered": 0, "client_us": 0}', "out_of_range"),
        ('{"type": "set", "path": "tracks/t/pan", "value": 0, "gesture": "g", "edit_id": 1, "played_to": 0}', "unknown_path"),
        (
            '{"type": "set", "path": "master/fader_db", "value": NaN, "gesture": "g", "edit_id": 1, "played_to": 0}',
            "invalid_parameter",
        ),
    ],
)
async def test_a_wrong_message_is_refused_and_all_goes_on(url: str, message: str | bytes, code: str) -> None:
    """Each gets an error with its code that is not fatal, and the next message is answered."""
    async with Listener(url) as listener:
        await listener.hello()
        await listener.send_raw(message)
        refused = await listener.wait(lambda text: text["type"] == "error")
        assert (refused["code"], refused["fatal"]) == (code, False)
        await pinged(listener, 1)


async def test_a_message_that_is_too_large_ends_the_line(url: str) -> None:
    """64 KiB is enough for anybody."""
    async with Listener(url) as listener:
        await listener.hello()
        await listener.send_raw('{"type": "ping", "client_us": ' + "1" * 70_000 + "}")
        assert (await listener.until_closed())[0] == 1009


async def test_much_is_answered_slowly_but_in_full(url: str) -> None:
    """Whoever sends more than his share is read more slowly; nothing is lost, and the order is kept."""
    async with Listener(url) as listener:
        await listener.hello()
        count = BURST + 100
        await asyncio.gather(*(listener.send("ping", client_us=n) for n in range(count)))
        await pinged(listener, count)
        assert [text["client_us"] for text in listener.log if text["type"] == "pong"] == list(range(count + 1))


async def test_a_broken_line_is_resumed(url: str, client: Client) -> None:
    """With the token one has the same place again; a line that still holds it is closed with 4004."""
    headers = {"Cookie": client.cookie, "Origin": url.replace("ws", "http", 1).partition("/api")[0]}
    async with Listener(url) as first:
        welcome = await first.hello()
        async with Listener(plain(url), headers=headers) as second:
            again = await second.hello(resume=welcome["resume"])
            assert (await first.until_closed())[0] == 4004
            assert (again["listener_id"], again["resume"] != welcome["resume"]) == (welcome["listener_id"], True)
    async with Listener(plain(url), headers=headers) as third:
        assert (await third.hello(resume=welcome["resume"]))["listener_id"] != welcome["listener_id"]


async def test_an_edit_becomes_a_revision(url: str, client: Client, project: str) -> None:
    """A turn of a knob is told at once, and soon its listeners are told the revision that it became."""
    async with Listener(url) as listener:
        first = (await listener.hello())["mix"]["revision"]
        await listener.set("master/fader_db", -6, gesture="drag", edit_id=3)
        assert (await listener.wait(lambda text: text["type"] == "edit"))["value"] == -6.0
        state = await listener.wait(lambda text: text["type"] == "state" and text["revision"] != first)
        song = await asyncio.to_thread(client.call, "GET", f"/projects/{project}")
        assert (song["revision"]["id"], song["revision"]["change"]) == (state["revision"], "Master 0 -> -6 dB")


async def test_no_ticket_is_logged(server: Server, url: str) -> None:
    """Whoever reads the log, though it is set to say everything, finds no way in; the ticket is good for one socket."""
    ticket = url.partition("ticket=")[2]
    assert re.fullmatch(r"[\w-]{20,}", ticket)
    async with Listener(url) as listener:
        await listener.hello()
    async with Listener(url) as refused:
        assert (await refused.until_closed())[0] == 1008
    assert ticket not in server.log
    assert "ticket=" not in server.log


async def test_hello_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says nothing is closed with 4001, and takes no seat."""
    monkeypatch.setattr(live, "HELLO_S", 0.02)
    async with studio(tmp_path) as opened_studio:
        guest, project = await opened_studio.guest()
        socket = opened_studio.connect(guest, await opened_studio.stream(guest, project))
        assert await opened_studio.refused(socket) == (4001, "hello expected")
        await opened_studio.served[0]


async def test_who_lags_is_told_what_was_refused(tmp_path: Path) -> None:
    """An edit that is not made is refused aloud, also while the line is full of audio."""
    async with studio(tmp_path) as opened_studio:
        guest, project = await opened_studio.guest()
        socket = await opened_studio.listen(guest, await opened_studio.stream(guest, project))
        socket.line.writable = False
        socket.say("set", path="master/fader_db", value="loud")
        await until(lambda: socket.line.told("error"))
        assert [error["code"] for error in socket.line.told("error")] == ["invalid_parameter"]


async def test_what_comes_after_the_end_is_not_heard(tmp_path: Path) -> None:
    """A line that we have closed edits nothing more, and its seat is kept for a while."""
    async with studio(tmp_path) as opened_studio:
        guest, project = await opened_studio.guest()
        stream = await opened_studio.stream(guest, project)
        socket = await opened_studio.listen(guest, stream)
        socket.line.close(4003, "stalled")
        socket.say("set", path="master/fader_db", value=-6, gesture="g", edit_id=1, played_to=0)
        await opened_studio.served[0]
        assert not opened_studio.house.context.autosave.pending(project)
        assert (await opened_studio.listen(guest, stream, resume=socket.line.told("welcome")[0]["resume"])).line.open


async def test_a_listener_only_listens(tmp_path: Path) -> None:
    """Whoever is no controller is told so for every edit and every command, and is served all the same."""
    async with studio(tmp_path) as opened_studio:
        context = opened_studio.house.context
        stage = Stage("w", "p", desk(), "r1", ManualClock(), lambda _stage: None)
        stage.players["s"] = player("s", desk(), ManualClock(), lambda: "r1")
        place = Place(stage, stage.players["s"], Person("ben", "Ben", "listener"), ("pcm-f32",))
        socket = Socket()
        door = Doorkeeper(context.settings, context.database, 240_000)
        conversation = asyncio.create_task(Live(socket, place, door, ManualClock()).run())  # type: ignore[arg-type]
        socket.say("hello", **HELLO)
        socket.say("set", path="master/fader_db", value=-6, gesture="g", edit_id=1, played_to=0)
        for kind in ("undo", "redo", "play", "pause", "stop", "reset_loudness"):
            socket.say(kind)
        socket.say("seek", position=0)
        socket.say("ping", client_us=1)
        await until(lambda: socket.line.told("pong"))
        assert [error["code"] for error in socket.line.told("error")] == ["not_controller"] * 8
        assert (stage.room.mix, socket.line.told("welcome")[0]["role"]) == (desk(), "listener")
        socket.leave(1000)
        await conversation
        assert (stage.room.people, door.expects("s")) == ([], False)
        stage.players["s"].close(1001, "over")
