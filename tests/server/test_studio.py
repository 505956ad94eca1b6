"""The studio: who is let in, what is closed when, and that nothing is lost on the way."""

from pathlib import Path

import pytest
from helpers.lines import Socket
from helpers.studios import Open, studio
from helpers.waiting import until

from storage import streams
from storage.errors import NotFound
from streaming.live import logbook
from streaming.live.log import Entry


async def refusal(opened: Open, guest: object, project: str) -> tuple[int, str, int]:
    """Ask for one stream more: status, code and Retry-After."""
    answer = await guest.http.post("/api/v1/streams", json={"project_id": project})  # type: ignore[attr-defined]
    return answer.status_code, answer.json()["code"], int(answer.headers["retry-after"])


async def test_a_workspace_has_so_many_streams(tmp_path: Path) -> None:
    """One more is refused with 429 and when to come back; another workspace is not concerned."""
    async with studio(tmp_path, streams_per_workspace=2) as opened:
        guest, project = await opened.guest()
        for _ in range(2):
            await opened.stream(guest, project)
        assert await refusal(opened, guest, project) == (429, "too_many_streams", 30)
        await opened.stream(*await opened.guest())


async def test_the_server_has_so_many_streams(tmp_path: Path) -> None:
    """One more is refused with 503 and when to come back."""
    async with studio(tmp_path, streams=1, waiting=0) as opened:
        await opened.stream(*await opened.guest())
        assert await refusal(opened, *await opened.guest()) == (503, "over_capacity", 10)


async def test_the_processors_carry_so_many_streams(tmp_path: Path) -> None:
    """What the machine cannot render is refused with 503, and admitted when another stream has gone."""
    async with studio(tmp_path, cores=0.03, waiting=0) as opened:
        guest, project = await opened.guest()
        await opened.stream(guest, project)
        assert await refusal(opened, guest, project) == (503, "over_capacity", 10)
        await opened.tidy(31)
        await opened.stream(guest, project)


async def test_a_stream_that_cannot_be_opened_takes_no_place(tmp_path: Path) -> None:
    """A project that is gone costs nothing."""
    async with studio(tmp_path) as opened:
        with pytest.raises(NotFound):
            await opened.studio.open_stream("w", "p")
        assert (len(opened.admission), opened.studio.live()) == (0, ())


async def test_an_unheard_stream_is_closed(tmp_path: Path) -> None:
    """Half a minute after the last listener everything of it is gone but its log; while one may come back it stays."""
    async with studio(tmp_path) as opened:
        guest, stream, socket = await opened.playing()
        await opened.tidy(100)
        socket.leave()
        await opened.served[-1]
        await opened.tidy()
        assert opened.studio.live() == (stream,)
        log = opened.studio.log_of(stream)
        assert log
        await opened.tidy(60)
        await opened.tidy(120)
        assert (opened.studio.live(), opened.pool.open_streams, len(opened.admission)) == ((), {}, 0)
        assert (opened.studio.log_of(stream), opened.studio._open.stages) == (None, {})
        async with opened.house.context.database.read() as db:
            stored = await streams.entries(db, guest.workspace, stream)
        assert logbook.read(stored).entries == log.entries != []


async def test_logs_are_stored_as_they_grow(tmp_path: Path) -> None:
    """A crash costs some seconds of a log; a log that has not grown is not written again."""
    async with studio(tmp_path) as opened:
        guest, stream, _ = await opened.playing()
        log = opened.studio.log_of(stream)
        assert log is not None
        for count in (1, 2):
            for _ in range(2):
                await opened.tidy(store=True)
            async with opened.house.context.database.read() as db:
                assert (await streams.get(db, guest.workspace, stream)).entries == count == len(log.entries)
            log.append(Entry("pause", 0))


async def test_a_log_that_cannot_be_stored_holds_nothing(tmp_path: Path) -> None:
    """Where the database fails a stream that nobody listens to goes all the same, with its memory and its place."""
    async with studio(tmp_path) as opened:
        _, _, socket = await opened.playing()
        socket.leave(1000)
        await opened.served[0]
        async with opened.house.context.database.write() as db:
            await db.exec_driver_sql("DROP TABLE stream_entries")
        await opened.tidy(31)
        assert (opened.studio.live(), opened.pool.open_streams, len(opened.admission)) == ((), {}, 0)


async def test_unsaved_work_outlives_its_streams(tmp_path: Path) -> None:
    """A desk that is not stored yet stays open when nobody listens any more, and is there for whoever comes back."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        stage = opened.studio._open.stages[project]
        stage.edit(guest.workspace, [("master/fader_db", -6)], "drag")
        await opened.tidy(31)
        assert opened.studio.live() == ()
        await opened.stream(guest, project)
        assert opened.studio._open.stages[project] is stage
        await opened.house.context.autosave.flush(project)
        await opened.tidy(100)
        assert opened.studio._open.stages == {}
        socket = await opened.listen(guest, await opened.stream(guest, project))
        assert socket.line.told("welcome")[0]["mix"]["document"]["master"]["params"] == {"fader_db": -6.0}
        assert stream not in opened.studio.live()


async def test_a_deleted_project_closes_its_streams(tmp_path: Path) -> None:
    """Its listeners are sent away, nothing of it is stored, and other projects play on."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        other = await opened.listen(guest, await opened.stream(guest, await guest.project()))
        socket = await opened.listen(guest, await opened.stream(guest, project))
        socket.say("set", path="master/fader_db", value=-6, gesture="g", edit_id=1, played_to=0)
        await until(lambda: socket.line.told("edit"))
        await guest.call("DELETE", f"/projects/{project}", 204)
        assert (await opened.refused(socket))[0] == 1001
        assert (len(opened.studio.live()), other.line.closed) == (1, None)
        assert not opened.house.context.autosave.pending(project)


async def test_goodbye_is_said_to_everybody(tmp_path: Path) -> None:
    """A server that stops says when to come back, and closes with 1001."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        sockets = [await opened.listen(guest, await opened.stream(guest, project)) for _ in range(2)]
        await opened.studio.goodbye()
        for socket in sockets:
            (bye,) = socket.line.told("bye")
            assert (bye["reason"], bye["retry_after_s"]) == ("draining", 2)
            assert (await opened.refused(socket))[0] == 1001


async def test_a_server_that_stops_opens_no_stream(tmp_path: Path) -> None:
    """Neither a new one (503, with when to come back) nor a socket on one that there is (1013)."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        await opened.studio.goodbye()
        assert await refusal(opened, guest, project) == (503, "draining", 2)
        assert (await opened.refused(opened.connect(guest, stream)))[0] == 1013


async def test_the_end_stores_logs_and_desks(tmp_path: Path) -> None:
    """What was heard and turned until the end is there afterwards."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        socket = await opened.listen(guest, stream)
        socket.say("play")
        socket.say("set", path="master/fader_db", value=-6, gesture="g", edit_id=1, played_to=0)
        await until(lambda: opened.house.context.autosave.pending(project))
        await opened.studio.aclose()
        await opened.house.context.autosave.aclose()
        song = await guest.call("GET", f"/projects/{project}")
        assert (song["mix"]["master"]["params"], song["revision"]["author"]) == ({"fader_db": -6.0}, "Ada")
        async with opened.house.context.database.read() as db:
            assert (await streams.get(db, guest.workspace, stream)).entries > 0
        assert not opened.pool.is_running


async def test_only_its_workspace_hears_a_stream(tmp_path: Path) -> None:
    """A stream that is not there, or is another's, is unknown; a socket must speak the protocol."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        stranger, _ = await opened.guest()
        refused = [opened.connect(guest, "none"), opened.connect(stranger, stream), opened.connect(guest, stream, "other")]
        assert [(await opened.refused(socket))[0] for socket in refused] == [4002, 4002, 4000]


async def test_a_stream_has_so_many_listeners(tmp_path: Path) -> None:
    """Sockets that have not said hello yet count; who leaves makes room."""
    async with studio(tmp_path, listeners_per_stream=2) as opened:
        guest, project = await opened.guest()
        stream = await opened.stream(guest, project)
        silent = opened.connect(guest, stream)
        await opened.listen(guest, stream)
        late = opened.connect(guest, stream)
        assert (await opened.refused(late))[0] == 1013
        assert [(bye["reason"], bye["retry_after_s"]) for bye in late.line.told("bye")] == [("full", 10)]
        silent.leave()
        await opened.served[0]
        await opened.listen(guest, stream)


async def test_a_stream_that_ended_during_hello_is_unknown(tmp_path: Path) -> None:
    """Nobody is seated at a stream that has gone meanwhile."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        socket = opened.connect(guest, await opened.stream(guest, project))
        await opened.studio.close_project(project)
        socket.say("hello", codecs=["pcm-f32"], buffer_frames=96_000)
        assert (await opened.refused(socket))[0] == 4002


async def test_listeners_are_told_how_it_goes(tmp_path: Path) -> None:
    """Statistics once a round, and the revision that HTTP has made: an edit's, and a named one."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        socket = await opened.listen(guest, await opened.stream(guest, project))
        await opened.tidy()
        assert socket.line.told("stats")
        edited = await guest.edit(project, "master/fader_db", -3.0)
        kept = await guest.call("POST", f"/projects/{project}/revisions", 201, json={"name": "Loud"})
        told = [state["revision"] for state in socket.line.told("state")]
        assert told[-2:] == [edited["revision"]["id"], kept["id"]]
        document = (await guest.call("GET", f"/projects/{project}/revisions/{kept['id']}"))["mix"]
        tag = {"If-Match": f'"{kept["id"]}"'}
        await guest.edit(project, "master/fader_db", 0.0, 200, **tag)
        await guest.call("PUT", f"/projects/{project}/mix", json=document, headers={"If-Match": "*"}, status=428)
        head = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
        put = await guest.call("PUT", f"/projects/{project}/mix", json=document, headers={"If-Match": f'"{head}"'})
        assert (put["mix"], socket.line.told("state")[-1]["revision"]) == (document, put["revision"]["id"])


async def test_a_switch_to_a_stored_revision(tmp_path: Path) -> None:
    """It is heard by all, becomes the newest revision, and one that does not exist is refused."""
    async with studio(tmp_path) as opened:
        guest, project = await opened.guest()
        first = (await guest.call("GET", f"/projects/{project}"))["revision"]["id"]
        await guest.edit(project, "master/fader_db", -3.0)
        socket: Socket = await opened.listen(guest, await opened.stream(guest, project))
        socket.say("mix", revision="none")
        await until(lambda: socket.line.told("error"))
        socket.say("mix", revision=first)
        await until(lambda: socket.line.told("edit"))
        song = await guest.call("GET", f"/projects/{project}")
        assert (song["mix"]["master"]["params"], song["revision"]["change"]) == ({}, "Switch the mix")
        assert socket.line.told("error")[0]["code"] == "not_found"
