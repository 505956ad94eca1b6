"""One real server for all of these tests (some bring their own), with a project of short stems that are quick to upload."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from helpers.serving import Client, Server

DOORS, RUNNING = pytest.StashKey[ExitStack](), pytest.StashKey[Server]()
RATE = 48_000
SECONDS = 30


@dataclass
class Song:
    """A project on a server: its id and its tracks' ids."""

    server: Server
    client: Client
    project: str
    tracks: list[str]

    def open(self) -> dict[str, str]:
        """A new stream of it."""
        answer: dict[str, str] = self.client.call("POST", "/streams", {"project_id": self.project})
        return answer


def stem(seed: int, seconds: float = SECONDS) -> bytes:
    """A FLAC of coloured noise with a beat, different for every seed."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * 110.0 * (seed + 1) * time) * np.exp(-4.0 * (time * 2 % 1.0))
    audio = 0.2 * np.stack([tone, tone * 0.7], axis=1) + 0.02 * random.standard_normal((len(time), 2))
    file = io.BytesIO()
    soundfile.write(file, audio, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def make_song(server: Server, stems: int = 4, seconds: float = SECONDS) -> Song:
    """A new guest's project with uploaded stems."""
    client = Client(server.url)
    project = client.call("POST", "/projects", {"name": "Test song"})["id"]
    status, answer = client.upload(project, {f"stem {n}.flac": stem(n, seconds) for n in range(stems)})
    assert status == 201, answer
    return Song(server, client, project, [track["id"] for track in answer["tracks"]])


@pytest.fixture(scope="session")
def open_doors(request: pytest.FixtureRequest) -> Iterator[ExitStack]:
    """What is closed when the tests go on in another folder, or at their end."""
    with ExitStack() as doors:
        request.config.stash[DOORS] = doors
        yield doors


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The tests of other folders count processes: none of ours is left to them."""
    if DOORS in item.config.stash and (nextitem is None or nextitem.path.parent != item.path.parent):
        item.config.stash[DOORS].close()


@pytest.fixture(scope="module")
def server(open_doors: ExitStack, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that plays on from one module to the next."""
    stash = request.config.stash
    if RUNNING not in stash:
        settings = {"STREAMS_PER_WORKSPACE": "200", "LOG_LEVEL": "info", "WORKSPACES_PER_MINUTE": "1000"}
        stash[RUNNING] = open_doors.enter_context(Server(tmp_path_factory.mktemp("server"), settings))
        open_doors.callback(stash.__delitem__, RUNNING)
    return stash[RUNNING]


@pytest.fixture(scope="module")
def song(server: Server) -> Song:
    """A project on it, untouched before this module."""
    return make_song(server)
