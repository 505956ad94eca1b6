"""The wire protocol's promises and refusals, over real sockets."""

import asyncio
import json

import pytest
from helpers.listener import RATE, Listener
from helpers.serving import Client
from integration.conftest import Song
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

HOSTILE = [
    "",
    "nonsense",
    "[]",
    "{}",
    '{"type": "fly"}',
    '{"type": "seek"}',
    '{"type": "seek", "position": -1}',
    '{"type": "seek", "position": 1e400}',
    '{"type": "set", "path": "tracks/none/fader_db", "value": 0}',
    '{"type": "set", "path": "master/fader_db", "value": NaN}',
    '{"type": "set", "path": "master/fader_db", "value": 1000}',
    '{"type": "set", "path": "../../etc", "value": 1}',
    '{"type": "ack", "epoch": 4000000000, "played_to": 9007199254740991, "buffered": 0, "client_us": 0}',
    '{"type": "loop", "start": 5, "end": 6}',
    '{"type": "mix", "revision": "nope"}',
    '{"type": "play", "now": true}',
    '{"type": "undo", "gesture": "none"}',
    '{"type": "hello", "codecs": ["opus"], "buffer_frames": 96000}',
    '{"type": "set", "path": "x", "value": ' + "[" * 5_000 + "]" * 5_000 + "}",
    b"\x00\x01binary",
]


async def refused(url: str, *, first: str | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Connect, say ``first`` and wait to be closed: the close code and the last error's code."""
    last = ""
    async with connect(url, subprotocols=["stemwire.v1"], additional_headers=headers or {}) as socket:  # type: ignore[list-item]
        if first is not None:
            await socket.send(first)
        try:
            async with asyncio.timeout(60):
                async for message in socket:
                    if isinstance(message, str) and json.loads(message)["type"] == "error":
                        last = json.loads(message)["code"]
        except ConnectionClosed:
            pass
    return socket.close_code or 0, last


async def test_hostile_messages_get_errors_and_the_stream_goes_on(song: Song) -> None:
    """Whatever a client says, it is answered with an error that reveals nothing, and the music plays on."""
    async with Listener(song.open()["url"]) as listener:
        await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        for message in HOSTILE:
            await listener.send_raw(message)
            await listener.settle()
        errors = [m for m in listener.log if m["type"] == "error"]
        await listener.until_played(2 * RATE)
    assert len(errors) == len(HOSTILE)
    assert all(not error["fatal"] and "Traceback" not in error["message"] and "/" not in error["message"][:1] for error in errors)
    assert listener.problems == []


async def test_server_never_sends_beyond_credit(song: Song) -> None:
    """Media never goes beyond the last acknowledged playhead plus the buffer, however far it is rendered."""
    async with Listener(song.open()["url"], buffer_s=1.0) as listener:
        await listener.hello()
        await listener.send("play")
        while listener.playhead < 2 * RATE:
            await asyncio.sleep(0.05)
            assert listener.buffered_to <= listener.playhead + listener.buffer_frames
    assert listener.problems == []


async def test_hello_must_come_first(song: Song) -> None:
    """Anything else than hello closes the line with 4001."""
    code, _ = await refused(song.open()["url"], first='{"type": "play"}')
    assert code == 4001


async def test_silence_instead_of_hello(song: Song) -> None:
    """A client that says nothing is closed with 4001."""
    code, _ = await refused(song.open()["url"])
    assert code == 4001


async def test_no_common_codec(song: Song) -> None:
    """A listener that knows none of the codecs is told so."""
    code, error = await refused(song.open()["url"], first='{"type": "hello", "codecs": ["mp3"], "buffer_frames": 96000}')
    assert (code, error) == (4000, "invalid_parameter")


async def test_ticket_lets_in_once(song: Song) -> None:
    """A used ticket closes the line with 1008."""
    url = song.open()["url"]
    async with Listener(url) as listener:
        await listener.hello()
        assert (await refused(url))[0] == 1008


async def test_unknown_stream(song: Song) -> None:
    """A stream that does not exist (any more) is 4002."""
    url = song.open()["url"]
    base = url.partition("/streams/")[0]
    code, _ = await refused(f"{base}/streams/s{'0' * 20}/ws", headers={"Cookie": song.client.cookie})
    assert code == 4002


async def test_another_workspace_cannot_listen(song: Song) -> None:
    """A stream of one workspace does not exist for another."""
    stranger = Client(song.server.url)
    url = song.open()["url"].partition("?")[0]
    assert (await refused(url, headers={"Cookie": stranger.cookie}))[0] == 4002


async def test_foreign_page_cannot_listen(song: Song) -> None:
    """A page of another site cannot use the cookie."""
    url = song.open()["url"].partition("?")[0]
    headers = {"Cookie": song.client.cookie, "Origin": "https://elsewhere.example"}
    assert (await refused(url, headers=headers))[0] == 1008


async def test_message_too_big(song: Song) -> None:
    """A message beyond the limit is 1009."""
    async with Listener(song.open()["url"]) as listener:
        await listener.hello()
        await listener.send_raw("x" * 200_000)
        assert (await listener.until_closed())[0] == 1009


@pytest.mark.parametrize("codec", ["pcm-f32", "opus"])
async def test_cut_line_is_resumed(song: Song, codec: str) -> None:
    """A listener whose line is cut comes back with its token: the same listener, at its own playhead, without a gap."""
    stream = song.open()
    async with Listener(stream["url"], codec=codec) as first:
        welcome = await first.hello()
        await first.send("play")
        await first.until_played(RATE)
        first.cut()
        await first.until_closed()
        frame = first.playhead
    url = stream["url"].partition("?")[0]
    async with Listener(url, codec=codec, headers={"Cookie": song.client.cookie}) as second:
        again = await second.hello(resume=welcome["resume"])
        epoch = await second.wait(lambda m: m["type"] == "epoch")
        await second.until_played(epoch["starts_at"] + RATE)
    assert again["listener_id"] == welcome["listener_id"]
    assert epoch["reason"] == "resume"
    assert epoch["starts_at"] <= frame + 2 * RATE
    assert second.problems == []


async def test_song_ends(server: object, song: Song) -> None:
    """At the end of the song the last media says so, the listener hears all of it, and the state is ``ended``."""
    async with Listener(song.open()["url"], seconds=60) as listener:
        await listener.hello()
        await listener.send("seek", position=29 * RATE)
        await listener.send("play")
        ended = await listener.wait(lambda m: m["type"] == "state" and m["transport"] == "ended")
        await listener.until_played(ended["frame"])
    assert listener.last_frame == ended["frame"]
    assert listener.problems == []


async def test_what_was_not_heard_is_told_with_the_bounce(song: Song) -> None:
    """A span that a listener reports late is kept with the stream's log, and named by a bounce of it, for that listener."""
    stream = song.open()
    async with Listener(stream["url"], seconds=60) as listener:
        welcome = await listener.hello()
        await listener.send("play")
        await listener.until_played(RATE)
        await listener.set(f"tracks/{song.tracks[0]}/fader_db", -6.0)
        epoch = await listener.wait(lambda m: m["type"] == "epoch" and m["reason"] == "edit")
        await listener.until_played(epoch["starts_at"] + RATE)
        report = {"epoch": epoch["epoch"], "played_to": listener.playhead, "buffered": 0, "client_us": 0, "late": 480}
        await listener.send("ack", **report)
        await listener.settle()
    plan = {"stream": stream["id"], "from": 0, "to": listener.playhead}
    made = song.client.call("POST", f"/projects/{song.project}/bounces", plan)
    span = {"listener": welcome["listener_id"], "from": epoch["starts_at"], "to": epoch["starts_at"] + 720}
    assert span in made["not_as_heard"]
    assert song.client.call("GET", f"/bounces/{made['id']}")["not_as_heard"] == made["not_as_heard"]
