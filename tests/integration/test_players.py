"""Streams and stored mixes in programs that nobody here wrote, over HTTP: every frame, no torn edit, nobody held up."""

import asyncio
import contextlib
import io
import re
import socket
import urllib.request
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import av
import numpy as np
import psutil
import pytest
from helpers.listener import RATE, Listener
from helpers.opus import QUANTUM, snr_db
from helpers.players import ffmpeg, ffprobe, require
from helpers.serving import Client, Server
from helpers.waiting import until
from integration.conftest import SECONDS, Song
from integration.test_heard import bounced
from integration.test_opus import CODEC_NOISE_DB, tones, tuned_song

FADE = 256
BREAKS_OFF = 20
"""Packets at the end that hold more codec noise than signal: the song's tones break off."""
LIMIT_S = 120


@pytest.fixture(scope="module")
def tuned(server: Server) -> Song:
    """Two stems of tones."""
    return tuned_song(server, 2)


def address(song: Song, stream: str, kind: str) -> str:
    """Where a player without a cookie hears a stream, once."""
    ticket = song.client.call("POST", f"/streams/{stream}/tickets")["ticket"]
    return f"{song.client.base}/streams/{stream}/audio.{kind}?ticket={ticket}"


@asynccontextmanager
async def playing(song: Song, at_s: float = 0.0) -> AsyncIterator[tuple[Listener, str]]:
    """A stream that somebody listens to."""
    stream = song.open()
    async with Listener(stream["url"], seconds=SECONDS + 30) as listener:
        await listener.hello()
        await listener.send("seek", position=int(at_s * RATE))
        await listener.send("play")
        await listener.until_played(RATE // 2)
        yield listener, stream["id"]


async def fetched(*command: str) -> bytes:
    """What a program writes."""
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(LIMIT_S):
        content, _ = await process.communicate()
    assert process.returncode == 0
    return content


async def to_the_end(listener: Listener) -> int:
    """Jump close to the song's end and hear it; answers the stream frame at which it ended."""
    await listener.send("seek", position=(SECONDS - 1) * RATE)
    ended = await listener.wait(lambda m: m["type"] == "state" and m["transport"] == "ended")
    return int(ended["frame"])


async def test_every_edit_is_whole(song: Song) -> None:
    """A drag, a jump and the song's end, fetched as FLAC by curl meanwhile: bit by bit the bounce of what was played.

    Other players take nothing, or a byte now and then: they are cut off and hold up nobody.
    """
    require("curl")
    async with playing(song) as (listener, stream):
        file = asyncio.create_task(fetched("curl", "-sSN", address(song, stream, "flac")))
        peers = [_lazy(address(song, stream, "flac")) for _ in range(3)]
        await listener.until_played(RATE)
        for step in range(60):
            await listener.send("set", path=f"tracks/{song.tracks[0]}/fader_db", value=-0.3 * step, gesture="g", edit_id=step)
            await asyncio.sleep(1 / 60)
        await until(lambda: not _held(song.server, peers))
        end = await to_the_end(listener)
        content = await file
        for peer in peers:
            peer.close()
    heard, expected = integers(content)[FADE:], whole(bounced(song, stream=stream, **{"from": 0, "to": end}))
    assert len([epoch for epoch in listener.epoch_starts if epoch[2] == "edit"]) > 5
    assert len(heard) > 2 * RATE
    np.testing.assert_array_equal(heard, expected[end - len(heard) :])


async def test_ffmpeg_hears_a_stream_to_its_last_frame(tuned: Song) -> None:
    """The burst, then what is played, at its pace: whole packets from the first on, and at the end the song's last frame."""
    require("ffmpeg")
    async with playing(tuned) as (listener, stream):
        await listener.until_played(2 * RATE)
        addresses = [address(tuned, stream, kind) for kind in ("webm", "ogg")]
        files = [asyncio.create_task(asyncio.to_thread(ffmpeg, place)) for place in addresses]
        await listener.until_played(5 * RATE // 2)
        end = await to_the_end(listener)
        for heard in await asyncio.gather(*files):
            begin = end - len(heard)
            assert begin % QUANTUM == 0
            assert begin < 2 * RATE, "there was no burst"
            expected = bounced(tuned, stream=stream, **{"from": begin, "to": end})
            assert snr_db(heard, expected)[1:-BREAKS_OFF].min() > CODEC_NOISE_DB


@pytest.mark.soak
async def test_a_stream_plays_on_for_those_who_hear_it_over_http(tmp_path: Path, tuned: Song) -> None:
    """When the last listener of the socket has left, and after a pause that was silence, the file goes on to the song's end."""
    require("curl")
    path = tmp_path / "file"
    async with playing(tuned) as (listener, stream):
        file = asyncio.create_task(fetched("curl", "-sSN", "-o", str(path), address(tuned, stream, "flac")))
        await until(lambda: path.exists() and path.stat().st_size > 100_000)
        paused = await listener.rest()
        await asyncio.sleep(1.0)
        await listener.send("play")
        await listener.send("seek", position=(SECONDS - 2) * RATE)
        await listener.until_played(paused["frame"] + RATE // 2)
    await file
    heard = integers(path.read_bytes())
    sounding = np.flatnonzero(heard.any(axis=1))
    pause = int(np.argmax(np.diff(sounding)))
    first, last = int(sounding[pause]) + 1, int(sounding[pause + 1])
    assert last - first > RATE // 2, "the pause was not heard"
    rest = len(heard) - last
    expected = bounced(tuned, stream=stream, **{"from": paused["frame"], "to": paused["frame"] + rest})
    np.testing.assert_array_equal(heard[last + FADE :], whole(expected)[FADE:])


def _lazy(url: str) -> socket.socket:
    """A connection that has asked for a file and reads none of it."""
    parts, peer = urlsplit(url), socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    peer.connect((parts.hostname or "", parts.port or 80))
    peer.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    peer.setblocking(False)
    return peer


def _held(server: Server, peers: list[socket.socket]) -> bool:
    """Whether the server still has a connection to any of these; from one of them a byte is read now."""
    with contextlib.suppress(BlockingIOError, ConnectionResetError):
        peers[0].recv(1)
    ports = {peer.getsockname()[1] for peer in peers}
    connections = psutil.Process(server.process.pid).net_connections()
    return any(connection.raddr and connection.raddr.port in ports for connection in connections)


def played(song: Song, revision: str, rest: str) -> bytes:
    """A stored mix as a player gets it."""
    status, _, content = song.client.raw("GET", f"/projects/{song.project}/revisions/{revision}/audio.{rest}")
    assert status == 200, content
    return content


def newest(song: Song) -> str:
    """The newest revision."""
    return str(song.client.call("GET", f"/projects/{song.project}/revisions")["revisions"][0]["id"])


def renders(server: Server) -> int:
    """How many children have been started to render stored mixes."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=LIMIT_S) as answer:
        found = re.search(r"^stemwire_cache_renders (\S+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def integers(content: bytes) -> np.ndarray:
    """A FLAC's samples, of 24 bits."""
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]) >> 8


def whole(audio: np.ndarray) -> np.ndarray:
    """Audio as integers of 24 bits."""
    return np.rint(audio.astype(np.float64) * 2**23)


def test_a_mix_is_rendered_once_and_is_its_bounce(tmp_path: Path, song: Song, server: Server) -> None:
    """A hundred players at once have one child render; FLAC is the bounce, bit by bit across segments, from any place on."""
    require("ffmpeg")
    revision, before = newest(song), renders(server)
    with ThreadPoolExecutor(100) as players:
        files = set(players.map(lambda _: played(song, revision, "flac"), range(100)))
    assert len(files) == 1
    assert renders(server) == before + 1
    (tmp_path / "song.flac").write_bytes(files.pop())
    expected = whole(bounced(song, revision=revision))
    (tmp_path / "from").write_bytes(played(song, revision, "flac?from=19.25"))
    assert ffprobe(tmp_path / "song.flac")["codec_name"] == "flac"
    np.testing.assert_array_equal(integers((tmp_path / "song.flac").read_bytes()), expected)
    begin = int(19.2 * RATE)
    heard = ffmpeg(tmp_path / "from", "-err_detect", "crccheck+explode")
    np.testing.assert_array_equal(heard.astype(np.float64) * 2**23, expected[begin:])


@pytest.mark.soak
def test_a_mix_begins_on_any_frame(tmp_path: Path, tuned: Song) -> None:
    """From a place inside the second segment ffmpeg decodes exactly the rest of the song, joins of segments included."""
    require("ffmpeg")
    revision, expected = newest(tuned), bounced(tuned)
    for kind, start_s in (("webm", 0.0), ("webm", 9.601), ("ogg", 0.0), ("ogg", 9.72)):
        (tmp_path / "song").write_bytes(played(tuned, revision, f"{kind}?from={start_s}"))
        heard = ffmpeg(tmp_path / "song")
        begin = round(start_s * RATE)
        assert len(heard) == len(expected) - begin
        assert snr_db(heard, expected[begin:])[:-BREAKS_OFF].min() > CODEC_NOISE_DB


@pytest.mark.soak
def test_a_damaged_segment_is_rendered_again_and_the_rest_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """After a restart nothing is rendered; what was damaged on disk is noticed and made again, with the same bytes."""
    folder = tmp_path_factory.mktemp("kept")
    with Server(folder) as server:
        client = Client(server.url)
        project = client.call("POST", "/projects", {"name": "Kept"})["id"]
        assert client.upload(project, {"tones.flac": tones(7)})[0] == 201
        song = Song(server, client, project, [])
        revision = newest(song)
        first = played(song, revision, "webm")
        server.stop()
        server.start()
        assert played(song, revision, "webm") == first
        assert renders(server) == 0
        (damaged,) = (folder / "data" / "cache").glob("*.opus.1")
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        assert played(song, revision, "webm") == first
        assert renders(server) == 1
