"""Event logs on their way to the store, and what is bounced of them."""

from pathlib import Path

from helpers.closed import ClosedStudio
from helpers.desk import Desk, Guest, desk
from helpers.mixes import desk as song
from structlog.testing import capture_logs

from dsp.desk.mix import Mix
from server import heard
from storage import streams
from streaming.live import logbook
from streaming.live.log import Entry, Log

A, B = Mix.empty(), song(1)


class OneStream(ClosedStudio):
    """A studio in which one stream plays."""

    def __init__(self, limit: int = 100) -> None:
        self.log = Log(limit)

    async def open_stream(self, _workspace: str, _project: str) -> str:
        """Always the same."""
        return "s1"

    def log_of(self, stream: str) -> Log | None:
        """What it has logged."""
        return self.log if stream == "s1" else None

    def play(self, frame: int, edits: int, mix: Mix = A) -> None:
        """One run with some edits."""
        self.log.append_document(Entry("start", frame, position=0), mix)
        for n in range(edits):
            self.log.append(Entry("edit", frame + n, n, path="master/fader_db", value=-n / 1000, author="ada", gesture="g"))
        self.log.append(Entry("stop", frame + edits))


async def stored(house: Desk, guest: Guest) -> Log:
    """The log as a bounce reads it."""
    async with house.context.database.read() as db:
        return logbook.read(await streams.entries(db, guest.workspace, "s1"))


async def opened(house: Desk) -> Guest:
    """A guest with an open stream."""
    guest = await house.guest()
    project = await guest.project()
    made = await guest.call("POST", "/streams", 201, json={"project_id": project})
    assert made["url"].startswith("ws://desk.test/api/v1/streams/s1/ws?ticket=")
    assert (made["protocol"], made["ticket_expires_s"]) == ("stemwire.v1", 30)
    return guest


async def store(house: Desk, guest: Guest, log: Log) -> None:
    """Store what is new."""
    await heard.store(house.context.database, house.context.settings, guest.workspace, "s1", log)


async def test_a_bounce_settles_an_open_log(tmp_path: Path) -> None:
    """Opening a stream begins its log; bouncing what was heard stores what the stream has logged so far, once."""
    studio = OneStream()
    async with desk(tmp_path, {"studio": studio}) as house:
        guest = await opened(house)
        (project,) = (await guest.call("GET", "/projects"))["projects"]
        for _ in range(2):
            studio.play(0, 3)
            await guest.call("POST", f"/projects/{project['id']}/bounces", 202, json={"stream": "s1", "from": 0, "to": 960})
            assert (await stored(house, guest)).entries == studio.log.entries


async def test_a_log_is_stored_in_parts(tmp_path: Path) -> None:
    """However often it is stored in between, in the middle of runs too, the whole log comes back with its mixes."""
    studio = OneStream()
    async with desk(tmp_path, {"studio": studio}) as house:
        guest = await opened(house)
        for n in range(8):
            studio.log.append_document(Entry("start", n, position=0), (A, B)[n % 2])
            await store(house, guest, studio.log)
            studio.log.append_document(Entry("switch", n, 1), (A, B)[n // 2 % 2])
            await store(house, guest, studio.log)
            await store(house, guest, studio.log)
            read = await stored(house, guest)
            assert (read.entries, read.documents) == (studio.log.entries, studio.log.documents)


async def test_a_log_that_has_dropped_runs_is_stored_on(tmp_path: Path) -> None:
    """The store keeps exactly what the log keeps, whole runs with their mixes, for as long as a stream may go on."""
    studio = OneStream(100)
    async with desk(tmp_path, {"studio": studio}, log_entries=100) as house:
        guest = await opened(house)
        for n in range(30):
            studio.play(n * 960, 20, (A, B)[n % 3 == 0])
            if n % 4:
                await store(house, guest, studio.log)
                read = await stored(house, guest)
                assert (read.entries, read.documents) == (studio.log.entries, studio.log.documents)
        assert studio.log.dropped > 400


async def test_what_was_never_stored_is_reported(tmp_path: Path) -> None:
    """Runs that the log dropped before they could be stored are missed, and later ones stored in their places."""
    studio = OneStream(100)
    async with desk(tmp_path, {"studio": studio}, log_entries=100) as house:
        guest = await opened(house)
        studio.play(0, 10)
        await store(house, guest, studio.log)
        for n in range(1, 10):
            studio.play(n * 960, 40)
        with capture_logs() as records:
            await store(house, guest, studio.log)
        assert [(record["kept_from"], record["never_stored"]) for record in records] == [
            (studio.log.dropped, studio.log.dropped - 12)
        ]
        assert (await stored(house, guest)).entries == studio.log.entries
        studio.play(20_000, 300)
        await store(house, guest, studio.log)
        assert (await stored(house, guest)).entries == studio.log.entries
