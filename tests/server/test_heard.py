"""Event logs on their way to the store, and what is bounced of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.desk import desk

from server import heard
from server.closed import ClosedStudio
from storage import streams


class OneStream(ClosedStudio):
    """A studio in which one stream plays."""

    def __init__(self) -> None:
        self.entries: list[Any] = [{"n": 0}]

    async def open_stream(self, _workspace: str, _project: str) -> str:
        """Always the same."""
        return "s1"

    def log_of(self, stream: str) -> Sequence[Any] | None:
        """What it has logged."""
        return self.entries if stream == "s1" else None


async def test_a_bounce_settles_an_open_log(tmp_path: Path) -> None:
    """Opening a stream begins its log; bouncing what was heard stores what the stream has logged so far, once."""
    studio = OneStream()
    async with desk(tmp_path, {"studio": studio}) as house:
        guest = await house.guest()
        project = await guest.project()
        made = await guest.call("POST", "/streams", 201, json={"project_id": project})
        assert made["url"].startswith("ws://desk.test/api/v1/streams/s1/ws?ticket=")
        assert (made["protocol"], made["ticket_expires_s"]) == ("stemwire.v1", 30)
        for count in (1, 3):
            studio.entries = [{"n": number} for number in range(count)]
            plan = {"stream": "s1", "from": 0, "to": 960}
            await guest.call("POST", f"/projects/{project}/bounces", 202, json=plan)
            async with house.context.database.read() as db:
                assert await streams.entries(db, guest.workspace, "s1") == studio.entries
        await heard.store(house.context.database, house.context.settings, guest.workspace, "s1", studio.entries)
