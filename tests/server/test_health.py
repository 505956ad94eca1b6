"""Alive, ready, and the numbers."""

import asyncio
from pathlib import Path

from helpers.desk import Desk, Guest, desk


async def test_alive_but_not_ready(house: Desk) -> None:
    """A server whose render processes are not up is alive, and says what is missing."""
    browser = house.browser()
    assert (await browser.get("/healthz")).json() == {"status": "alive"}
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"database": True, "renderers": False}}


async def test_a_part_that_fails_is_named(tmp_path: Path) -> None:
    """One failing check makes the server not ready, and says which; it is alive all the same."""

    async def broken() -> None:
        raise OSError("no such pool at /secret")

    async def well() -> None:
        await asyncio.sleep(0)

    async with desk(tmp_path, {"checks": {"pool": broken, "kernels": well}}) as house:
        browser = house.browser()
        answer = await browser.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]) == (503, {"pool": False, "kernels": True})
        assert "secret" not in answer.text
        assert (await browser.get("/healthz")).status_code == 200


async def test_the_numbers(house: Desk, guest: Guest) -> None:
    """Requests are counted by operation and status, not by address."""
    await guest.project()
    await guest.http.get("/api/v1/projects/none")
    page = (await guest.http.get("/metrics")).text
    assert 'stemwire_requests_total{operation="create_project",status="201"} 1.0' in page
    assert 'stemwire_requests_total{operation="read_project",status="404"} 1.0' in page
    assert "stemwire_free_bytes" in page
    assert "stemwire_streams 0.0" in page
    assert "none" not in page
