"""A real server and a real Chromium for all of these tests; every test is a new visitor."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from helpers import chromium
from helpers.chromium import Console
from helpers.music import music
from helpers.serving import Server
from helpers.shared import Shared
from playwright.sync_api import Browser

RATE = 48_000
SECONDS = 12
FORMATS = {
    "drums.wav": ("WAV", "PCM_24"),
    "bass.flac": ("FLAC", "PCM_16"),
    "keys.mp3": ("MP3", "MPEG_LAYER_III"),
    "lead.opus": ("OGG", "OPUS"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that is here drives a browser."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def stems(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four stems, encoded in four formats."""
    folder = tmp_path_factory.mktemp("stems")
    for seed, (name, (form, subtype)) in enumerate(FORMATS.items()):
        audio = np.clip(music(seed, SECONDS * RATE), -1, 1)
        soundfile.write(folder / name, audio, RATE, format=form, subtype=subtype)
    return [folder / name for name in FORMATS]


@pytest.fixture(scope="module")
def server(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with the demo song for new visitors."""
    settings = {"STREAMS_PER_WORKSPACE": "32", "LOG_LEVEL": "info", "WORKSPACES_PER_MINUTE": "1000", "DEMO": "on"}
    return shared.once("server", lambda: Server(tmp_path_factory.mktemp("server"), settings))


@pytest.fixture(scope="module")
def browser(shared: Shared) -> Browser:
    """A Chromium."""
    if chromium.find() is None:
        pytest.skip("There is no Chromium on this machine: `make test` installs it where it may.")
    return shared.once("browser", chromium.launched)


@pytest.fixture
def visit(server: Server, browser: Browser) -> Iterator[Callable[..., Console]]:
    """Open the console as a new visitor; afterwards nothing may have gone wrong in the page."""
    opened: list[Console] = []

    def visit(query: str = "", url: str = server.url, **context: object) -> Console:
        opened.append(Console.open(browser, url, query, **context))
        return opened[-1]

    yield visit
    for console in opened:
        console.close()
    assert [problem for console in opened for problem in console.problems] == []


@pytest.fixture
def new_song(visit: Callable[..., Console], stems: list[Path]) -> Callable[..., Console]:
    """Open the console as a new visitor, make a new song and choose four encoded files for it."""

    def new_song(query: str = "", **context: object) -> Console:
        console = visit(query, **context)
        console.page.get_by_role("button", name="choose another song").click()
        console.page.get_by_role("button", name="New song").click()
        console.page.get_by_role("heading", name="Drop your stems here").wait_for()
        console.page.get_by_label("Stem files").set_input_files(stems)
        console.until(lambda: len(console.tracks()) == len(stems) and console.state("line") == "open")
        return console

    return new_song
