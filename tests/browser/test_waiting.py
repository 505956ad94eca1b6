"""A full server: the desk shows the place in line and goes on by itself."""

from collections.abc import Iterator

import pytest
from helpers.chromium import PATIENCE_MS, Console
from helpers.serving import Client, Server
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that plays one stream at a time."""
    with Server(tmp_path_factory.mktemp("server"), {"STREAMS": "1", "LOG_LEVEL": "info"}) as running:
        yield running


class Somebody:
    """Another visitor, who wants to hear a song of theirs."""

    def __init__(self, server: Server) -> None:
        self._client = Client(server.url)
        self._song = self._client.call("POST", "/projects", {"name": "Theirs"})["id"]

    def ask(self) -> int:
        """Ask for a stream, which also keeps the place in line; the status of the answer."""
        body = f'{{"project_id": "{self._song}"}}'.encode()
        return self._client.raw("POST", "/streams", body, {"Content-Type": "application/json"})[0]

    def leave(self) -> None:
        """Make room."""
        self._client.call("DELETE", f"/projects/{self._song}")


def test_the_desk_waits_in_line_and_goes_on(server: Server, browser: Browser) -> None:
    """It says which place it has, moves up when another is let in, and has its own stream once there is room."""
    first, second = Somebody(server), Somebody(server)
    assert (first.ask(), second.ask()) == (201, 503)
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE_MS)
    console = Console(page, server.url)
    page.goto(server.url)
    told = page.get_by_role("button", name="In line The server is full. You are 2nd in line.")
    console.until(lambda: second.ask() == 503 and told.is_visible())
    first.leave()
    assert second.ask() == 201
    page.get_by_role("button", name="In line The server is full. You are 1st in line.").wait_for()
    second.leave()
    console.until(lambda: console.state("line") == "open")
    console.close()
