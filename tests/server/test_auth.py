"""Sessions: a cookie that cannot be guessed, of which only the hash is stored; other sites kept out."""

from pathlib import Path

import pytest
from helpers.desk import Desk, Guest, desk
from sqlalchemy import select

from server.auth import COOKIE, DAY_MS, token_hash
from storage.tables import sessions


async def test_a_session_is_opened_once(house: Desk, guest: Guest) -> None:
    """The cookie leads back to the same workspace, and no second one is made."""
    again = await guest.call("POST", "/session")
    assert again == {"workspace": {"id": guest.workspace, "guest": True}, "name": "Guest"}
    assert (await house.guest()).workspace != guest.workspace


async def test_the_cookie_is_guarded(house: Desk) -> None:
    """Scripts cannot read it, other sites cannot send it, and it lasts."""
    set_cookie = (await house.browser().post("/api/v1/session")).headers["set-cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=lax" in set_cookie
    assert "Path=/" in set_cookie
    assert "Max-Age=7776000" in set_cookie
    assert "Secure" not in set_cookie


async def test_the_cookie_is_secure_behind_tls(tmp_path: Path) -> None:
    """When browsers come by https, the cookie never travels without."""
    async with desk(tmp_path, public_url="https://desk.example") as house:
        answer = await house.browser().post("/api/v1/session")
        assert "Secure" in answer.headers["set-cookie"]


async def test_only_the_hash_is_stored(house: Desk, guest: Guest) -> None:
    """Whoever reads the database cannot open a session."""
    token = guest.http.cookies[COOKIE]
    async with house.context.database.read() as db:
        stored = (await db.execute(select(sessions))).mappings().one()
    assert stored["token_hash"] == token_hash(token)
    assert token not in str(stored)
    assert len(token) >= 43


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://desk.test"}]
)
async def test_our_own_pages_are_let_in(guest: Guest, headers: dict[str, str]) -> None:
    """Pages of the same origin, typed addresses and programs may change things."""
    await guest.call("POST", "/projects", 201, json={"name": "Song"}, headers=headers)


@pytest.mark.parametrize("origin", ["http://desk.test.evil.test", "http://evil.test", "null", "", "http://", "desk.test"])
async def test_other_origins_are_not(guest: Guest, origin: str) -> None:
    """An Origin that is not ours is refused where the browser says no more."""
    await guest.refused("POST", "/projects", 403, "cross_site", json={"name": "Song"}, headers={"Origin": origin})


async def test_behind_a_proxy_the_public_address_is_ours(tmp_path: Path) -> None:
    """With a public address, pages of that origin are ours, whatever Host the proxy sends."""
    async with desk(tmp_path, public_url="https://desk.example") as house:
        browser = house.browser(Origin="https://desk.example")
        assert (await browser.post("/api/v1/session")).status_code == 200
        stranger = house.browser(Origin="http://desk.test")
        assert (await stranger.post("/api/v1/session")).status_code == 403


async def test_newcomers_are_limited(tmp_path: Path) -> None:
    """One address makes so many workspaces a minute, and is told when to come again; a known guest is not held up."""
    async with desk(tmp_path, workspaces_per_minute=2) as house:
        guest = await house.guest()
        await house.guest()
        answer = await house.browser().post("/api/v1/session")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
        assert 1 <= int(answer.headers["retry-after"]) <= 30
        await guest.call("POST", "/session")


async def test_a_session_in_use_lasts(tmp_path: Path) -> None:
    """A session that is used is extended, at most once a day; one that is not used ends."""
    now = [DAY_MS]
    async with desk(tmp_path, {"wall_ms": lambda: now[0]}, session_days=10) as house:
        guest = await house.guest()
        ends = []
        for days in (0.5, 2, 11, 22):
            now[0] = int((1 + days) * DAY_MS)
            status = (await guest.http.get("/api/v1/projects")).status_code
            async with house.context.database.read() as db:
                ends.append((status, await db.scalar(select(sessions.c.expires_at))))
        assert ends == [(200, 11 * DAY_MS), (200, 13 * DAY_MS), (200, 22 * DAY_MS), (401, 22 * DAY_MS)]


async def test_an_overlong_cookie_is_no_session(house: Desk) -> None:
    """A cookie longer than any of ours is not even looked up."""
    answer = await house.browser(Cookie=f"{COOKIE}={'x' * 5000}").get("/api/v1/projects")
    assert answer.status_code == 401
