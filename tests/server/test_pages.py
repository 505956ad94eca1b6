"""The console's files: the page asks each time, hashed assets are kept for ever, nothing else is shown."""

import httpx2
import pytest
from helpers.desk import Desk


@pytest.fixture
def built(house: Desk) -> httpx2.AsyncClient:
    """A browser before a built console."""
    web = house.context.settings.web_path
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>Desk</title>")
    (web / "assets" / "app-1a2b.js").write_text("play()")
    (web / ".hidden").write_text("secret")
    (web.parent / "outside.txt").write_text("secret")
    (web / "link").symlink_to(web.parent / "outside.txt")
    return house.browser()


@pytest.mark.parametrize("path", ["/", "/projects/p1", "/index.html"])
async def test_the_page_is_always_fresh(built: httpx2.AsyncClient, path: str) -> None:
    """The page is at the root and at every address of the console."""
    answer = await built.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "<title>Desk" in answer.text


async def test_assets_are_kept_for_ever(built: httpx2.AsyncClient) -> None:
    """Their names change with their content."""
    answer = await built.get("/assets/app-1a2b.js")
    assert answer.text == "play()"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in answer.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/favicon.png",
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/..%2foutside.txt",
        "/.hidden",
        "/link",
        "/a%00.js",
    ],
)
async def test_nothing_else_is_shown(built: httpx2.AsyncClient, path: str) -> None:
    """A missing file is a 404, and no path leads out of the folder."""
    answer = await built.get(path)
    assert "secret" not in answer.text
    assert answer.status_code == 404 or "<title>Desk" in answer.text


async def test_a_console_that_is_not_built_says_so(house: Desk) -> None:
    """The page tells what to do instead of a blank."""
    answer = await house.browser().get("/")
    assert answer.status_code == 503
    assert "make run" in answer.text


async def test_pages_cannot_be_posted_to(built: httpx2.AsyncClient) -> None:
    """Only GET and HEAD are answered."""
    answer = await built.post("/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert (await built.head("/")).status_code == 200
