"""What is remembered of streams, and what comes of it: through the real studio, its database and its files."""

import os
import resource
from pathlib import Path

from helpers.studios import studio

from storage import streams
from streaming.live.log import Entry


async def test_a_full_disk_is_said_and_not_the_end(tmp_path: Path) -> None:
    """Where nothing more can be written the stream plays on, its listeners are told, and all is stored once there is room."""
    async with studio(tmp_path) as opened:
        guest, stream, socket = await opened.playing()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            await opened.tidy(store=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        (error,) = socket.line.told("error")
        assert (error["code"] in ("storage_full", "not_stored"), error["fatal"], socket.line.closed) == (True, False, None)
        await opened.tidy(store=True)
        async with opened.house.context.database.read() as db:
            assert (await streams.get(db, guest.workspace, stream)).entries == 1


async def test_a_stream_outlives_its_studio(tmp_path: Path) -> None:
    """Another studio goes on with it for whoever comes back, in the same seat; strangers find nothing, nor who comes too late."""
    async with studio(tmp_path) as opened:
        guest, stream, socket = await opened.playing()
        welcome = socket.line.told("welcome")[0]
        await opened.tidy(store=True)
        stranger, _ = await opened.guest()
    async with studio(tmp_path) as opened:
        assert (await opened.refused(opened.connect(stranger, stream)))[0] == 4002
        back = await opened.listen(guest, stream, resume=welcome["resume"], played_to=0)
        told = back.line.told("welcome")[0]
        assert (told["stream_id"], told["listener_id"]) == (stream, welcome["listener_id"])
        assert (back.line.told("state")[0]["transport"], opened.studio.live()) == ("playing", (stream,))
    for file in (tmp_path / "sessions").iterdir():
        os.utime(file, (0, 0))
    async with studio(tmp_path) as opened:
        assert (await opened.refused(opened.connect(guest, stream)))[0] == 4002
        assert list((tmp_path / "sessions").iterdir()) == []


async def test_there_may_be_no_room_to_go_on(tmp_path: Path) -> None:
    """A stream that was left is admitted like a new one; its listeners are told to try again."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        await opened.listen(guest, stream)
        await opened.tidy(store=True)
    async with studio(tmp_path, streams=1) as opened:
        other = await opened.stream(*await opened.guest())
        assert (await opened.refused(opened.connect(guest, stream)))[0] == 1013
        assert opened.studio.live() == (other,)


async def test_a_desk_newer_than_its_revision_comes_back(tmp_path: Path) -> None:
    """What was turned, heard and logged, but not yet stored as a revision, is on the desk of the next studio."""
    async with studio(tmp_path, autosave_ms=60_000) as opened:
        guest, stream, _ = await opened.playing()
        left, project = opened.studio._open.streams[stream].player.stream, opened.studio._open.streams[stream].project
        left.log.append(Entry("edit", 960, 1, path="master/fader_db", value=-6.0, author="a", gesture="g"))
        await opened.tidy(store=True)
    async with studio(tmp_path) as opened:
        back = await opened.listen(guest, stream, played_to=0)
        assert back.line.told("welcome")[0]["mix"]["document"]["master"]["params"] == {"fader_db": -6.0}
        assert opened.house.context.autosave.pending(project)


async def test_a_stream_that_is_over_is_forgotten(tmp_path: Path) -> None:
    """What nobody listens to any more leaves nothing to go on with."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        await opened.tidy(store=True)
        assert list((tmp_path / "sessions").iterdir()) != []
        await opened.tidy(31)
        assert list((tmp_path / "sessions").iterdir()) == []
        assert (await opened.refused(opened.connect(guest, stream)))[0] == 4002
