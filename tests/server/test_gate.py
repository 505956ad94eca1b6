"""Who may open a stream, over HTTP: limits, the processors, and the line of those who wait."""

from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Guest
from helpers.studios import Open, studio

from server.gate import ordinal


async def ask(guest: Guest, project: str) -> Any:
    """Ask for a stream."""
    return await guest.http.post("/api/v1/streams", json={"project_id": project})


async def told(guest: Guest, project: str) -> tuple[int, int, int | None, str]:
    """How that was refused: status, when to ask again, the place in the line, and the sentence."""
    answer = await ask(guest, project)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, int(answer.headers["retry-after"]), problem.get("place"), problem["detail"]


async def close(opened: Open, stream: str) -> None:
    """End a stream as if nobody had listened for long, and no other."""
    await opened.studio._close(stream, 1000)  # type: ignore[arg-type]


async def test_those_who_wait_are_told_their_place(tmp_path: Path) -> None:
    """A full server answers 503, soon again, and the place that asking keeps; who comes first goes first."""
    async with studio(tmp_path, streams=1) as opened:
        stream = await opened.stream(*await opened.guest())
        ada, ben = await opened.guest(), await opened.guest()
        assert await told(*ada) == (503, 2, 1, "The server is full. You are 1st in line.")
        assert await told(*ben) == (503, 2, 2, "The server is full. You are 2nd in line.")
        assert (await told(*ada))[2] == 1
        await close(opened, stream)
        assert (await told(*ben))[2] == 2
        assert (await ask(*ada)).status_code == 201
        assert ((await told(*ben))[2], len(opened.studio.gate.line)) == (1, 1)
        assert "stemwire_streams_waiting" in (await ada[0].http.get("/metrics")).text


async def test_a_newcomer_waits_for_those_before(tmp_path: Path) -> None:
    """With room for two and one in line a newcomer is let in at once; with room for one only the one in line is."""
    async with studio(tmp_path, streams=2) as opened:
        streams = [await opened.stream(*await opened.guest()) for _ in range(2)]
        ada, ben, cleo = [await opened.guest() for _ in range(3)]
        assert (await told(*ada))[2] == 1
        await close(opened, streams[0])
        assert (await told(*ben))[2] == 2
        await close(opened, streams[1])
        assert (await ask(*ben)).status_code == 201
        assert (await told(*cleo))[2] == 2
        assert (await ask(*ada)).status_code == 201


async def test_the_processors_keep_the_line_too(tmp_path: Path) -> None:
    """What the machine cannot render waits in the same line, whose first has room when one stream ends."""
    async with studio(tmp_path, cores=0.03) as opened:
        stream = await opened.stream(*await opened.guest())
        ada, ben = await opened.guest(), await opened.guest()
        assert ((await told(*ada))[2], (await told(*ben))[2]) == (1, 2)
        await close(opened, stream)
        assert ((await told(*ben))[2], (await ask(*ada)).status_code) == (2, 201)


@pytest.mark.parametrize("waiting", [0, 1])
async def test_the_line_is_bounded(tmp_path: Path, waiting: int) -> None:
    """Who finds it full, or switched off, is told why and to come back later, without a place."""
    async with studio(tmp_path, streams=1, waiting=waiting) as opened:
        await opened.stream(*await opened.guest())
        for place in range(waiting):
            assert (await told(*await opened.guest()))[2] == place + 1
        assert await told(*await opened.guest()) == (503, 10, None, "The server has as many streams open as it may.")


async def test_a_workspace_has_one_place(tmp_path: Path) -> None:
    """All of its windows share it; its own limit is no matter of waiting in line."""
    async with studio(tmp_path, streams=2, streams_per_workspace=1) as opened:
        guest, project = await opened.guest()
        await opened.stream(guest, project)
        assert await told(guest, project) == (429, 30, None, "The workspace has 1 streams open; close one.")
        await opened.stream(*await opened.guest())
        other, _ = ada = await opened.guest()
        assert [(await told(other, song))[2] for song in (ada[1], await other.project())] == [1, 1]


def test_ordinals() -> None:
    """As they are said."""
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
