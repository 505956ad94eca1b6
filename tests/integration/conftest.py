"""One real server for all of these tests (some bring their own), with a project of short stems that are quick to upload."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from helpers.serving import Client, Server
from helpers.shared import Shared

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


@pytest.fixture(scope="module")
def server(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that plays on from one module to the next."""
    settings = {"STREAMS_PER_WORKSPACE": "200", "LOG_LEVEL": "info", "WORKSPACES_PER_MINUTE": "1000"}
    return shared.once("server", lambda: Server(tmp_path_factory.mktemp("server"), settings))


@pytest.fixture(scope="module")
def song(server: Server) -> Song:
    """A project on it, untouched before this module."""
    return make_song(server)
