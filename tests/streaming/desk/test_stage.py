"""The stage: edits go to every stream, and everybody is told what concerns him."""

from collections.abc import Iterator

import numpy as np
import pytest
from helpers.lines import Line, player, seat
from helpers.mixes import ASSET, OTHER, clip, desk

from dsp.slot.columns import meter_columns
from dsp.slot.layout import StateLayout
from dsp.slot.widen import Rest
from streaming.desk.presence import Person
from streaming.desk.stage import Stage
from streaming.errors import InvalidEdit, NotController
from streaming.live.clock import ManualClock

ADA, BEN, CYN = (Person(n.lower(), n, "controller") for n in ("Ada", "Ben", "Cyn"))
FADER = "tracks/t0/fader_db"


def state_of_rest(tracks: int) -> Rest:
    """Where nothing is rendered, any state will do."""
    layout = StateLayout(tracks)
    return Rest(tracks, np.zeros(layout.n64), np.zeros(layout.n32, np.float32))


class World:
    """A stage with two streams: Ada listens to both, Ben to one."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.changes = 0
        self.stage = Stage("w", "p", desk(), "r1", self.clock, self._changed)
        self.stage.learn({ASSET: "one"})
        self.lines: list[Line] = []
        for number in (1, 2):
            self.stage.players[f"s{number}"] = player(f"s{number}", desk(), self.clock, lambda: self.stage.revision)
        for stream, person in (("s1", ADA), ("s2", ADA), ("s2", BEN)):
            self.listen(stream, person)
        for line in self.lines:
            line.texts.clear()

    def _changed(self, stage: Stage) -> None:
        assert stage is self.stage
        self.changes += 1

    def listen(self, stream: str, person: Person) -> Line:
        """One more listener."""
        self.stage.enter(person)
        place, line = seat(f"l{len(self.lines)}", person)
        self.stage.players[stream].sit(place, 96_000)
        self.stage.greet(person)
        self.lines.append(line)
        return line

    def told(self, kind: str) -> list[int]:
        """How many messages of a type each listener got."""
        return [len(line.told(kind)) for line in self.lines]


@pytest.fixture
async def world() -> Iterator[World]:  # type: ignore[misc]
    """A stage, closed at the end."""
    made = World()
    yield made
    for one in made.stage.players.values():
        one.close(1001, "over")


async def test_an_edit_is_heard_in_every_stream(world: World) -> None:
    """All listeners of all streams are told, with author and number; whoever saves is told once."""
    world.stage.edit("ada", [(FADER, -3), ("tracks/t1/mute", True)], "g", 7)
    assert world.told("edit") == [2, 2, 2]
    first = world.lines[0].told("edit")[0]
    assert (first["path"], first["value"], first["by"], first["edit_id"]) == (FADER, -3.0, "ada", 7)
    assert world.changes == 1


async def test_edits_are_all_or_none(world: World) -> None:
    """Of a request that cannot be made in full nothing is done, and nobody hears of it."""
    with pytest.raises(InvalidEdit):
        world.stage.edit("ada", [(FADER, -3), ("tracks/t9/pan", 0)], "g")
    assert (world.stage.room.mix, world.changes, world.told("edit")) == (desk(), 0, [0, 0, 0])


async def test_edits_of_one_request_are_one_undo(world: World) -> None:
    """With a gesture or without, one undo takes all of them back in all streams, and one redo does them again."""
    for gesture in (None, "g"):
        world.stage.edit("ada", [(FADER, -3), ("tracks/t1/mute", True)], gesture)
        mix = world.stage.room.mix
        world.stage.undo("ada", None)
        assert world.stage.room.mix == desk()
        world.stage.redo("ada", None)
        assert world.stage.room.mix == mix
        world.stage.undo("ada", None)


async def test_history_is_told_to_its_author_alone(world: World) -> None:
    """On all his connections, and on nobody else's."""
    world.stage.edit("ada", [(FADER, -3)], None)
    assert world.told("history") == [1, 1, 0]
    assert world.lines[0].told("history")[0]["undo"] == "Track 0 fader 0 -> -3 dB"


async def test_a_drag_tells_its_history_at_its_beginning_and_at_rest(world: World) -> None:
    """Sixty edits a second are not followed by sixty histories; when the desk is saved the last words are true."""
    for n in range(60):
        world.stage.edit("ada", [(FADER, -n - 1)], "drag")
    assert world.told("history") == [1, 1, 0]
    assert world.stage.room.due(10_000_000)
    world.stage.saved("r2")
    assert world.told("history") == [2, 2, 0]
    assert world.lines[0].told("history")[-1]["undo"] == "Track 0 fader 0 -> -60 dB"
    world.stage.edit("ada", [(FADER, -61)], "drag")
    assert world.told("history") == [2, 2, 0]


async def test_history_is_told_when_its_words_change(world: World) -> None:
    """An edit that changed nothing, and another's save, leave the words as they are."""
    world.stage.edit("ada", [(FADER, -3)], None)
    world.stage.edit("ada", [(FADER, -3)], None)
    world.stage.edit("ben", [("tracks/t1/pan", 1)], None)
    assert world.stage.room.due(0)
    world.stage.saved("r2")
    assert world.told("history") == [1, 1, 1]


async def test_a_new_connection_is_greeted_with_its_history(world: World) -> None:
    """Whoever comes in the middle of his drag is told its words, and at rest the last ones; who has left is forgotten."""
    world.stage.edit("ada", [(FADER, -3)], "drag")
    late = world.listen("s1", ADA)
    world.stage.edit("ada", [(FADER, -4)], "drag")
    assert world.stage.room.due(10_000_000)
    world.stage.saved("r2")
    assert [message["undo"] for message in late.told("history")] == ["Track 0 fader 0 -> -3 dB", "Track 0 fader 0 -> -4 dB"]
    for _ in range(3):
        world.stage.leave(ADA)
    assert set(world.stage._histories) == {"ben"}


async def test_who_edits_over_http_is_told_nothing(world: World) -> None:
    """An author without a connection leaves nothing behind that is kept for him but his undo."""
    world.stage.edit("http", [(FADER, -3)], "drag")
    assert world.told("history") == [0, 0, 0]
    assert set(world.stage._histories) == {"ada", "ben"}
    world.stage.undo("http", None)


async def test_a_saved_desk_tells_its_revision(world: World) -> None:
    """Everybody gets the state with the new revision, once; the same revision again is not told."""
    world.stage.edit("ada", [(FADER, -3)], None)
    assert world.stage.room.due(0)
    world.stage.saved("r2")
    world.stage.kept("r3")
    world.stage.kept("r3")
    assert [[state["revision"] for state in line.told("state")] for line in world.lines] == [["r2", "r3"]] * 3


async def test_a_switch_follows_the_stored_revision(world: World) -> None:
    """The desk is the revision it was switched to, in every stream."""
    world.stage.switch(desk().set("master/fader_db", -3), "ben", "r9")
    assert world.stage.revision == "r9"
    assert world.told("edit") == [1, 1, 1]


async def test_a_new_stem_is_made_known_to_the_workers(world: World) -> None:
    """A clip can play what was uploaded after the stream began; before that it is refused."""
    edit = [("tracks/t0/clips", [clip("n", asset=OTHER)])]
    with pytest.raises(InvalidEdit):
        world.stage.edit("ada", edit, None)
    world.stage.learn({OTHER: "two"})
    world.stage.edit("ada", edit, None)
    assert [one._engine._pool.open_streams for one in world.stage.players.values()] == [{1: [ASSET, "two"]}] * 2  # type: ignore[attr-defined]


async def test_a_desk_that_outgrows_its_engines(world: World) -> None:
    """A ninth track has every stream go on in a wider engine; whoever comes then is told of that one."""
    for one in world.stage.players.values():
        one._engine._pool.rest[16] = state_of_rest(16)  # type: ignore[attr-defined]
    world.stage.edit("ada", [(f"tracks/n{n}", {"clips": [clip("n")]}) for n in range(7)], None)
    for one in world.stage.players.values():
        assert (one.tracks, one.telemetry.columns) == (16, meter_columns(16))
        assert one._engine._pool.open_streams == {2: [ASSET]}  # type: ignore[attr-defined]
        assert not one.stream.failed


async def test_a_stream_that_cannot_grow_is_over(world: World) -> None:
    """Without the wider engine a stream says that it is broken, and takes no harm from what follows."""
    world.stage.edit("ada", [(f"tracks/n{n}", {"clips": [clip("n")]}) for n in range(7)], None)
    assert [line.told("error")[0]["code"] for line in world.lines] == ["render_failed"] * 3
    world.stage.edit("ada", [("tracks/n6/fader_db", -3.0)], None)
    assert world.told("error") == [1, 1, 1]
    assert [one.tracks for one in world.stage.players.values()] == [8, 8]


async def test_presence_is_told_to_all(world: World) -> None:
    """Who comes and who goes is told in all streams, at most once a second; who comes is told of all at once."""
    world.clock.advance_us(1_000_000)
    world.stage.tell_people()
    for before in world.lines:
        before.texts.clear()
    world.clock.advance_us(1_000_000)
    line = world.listen("s1", CYN)
    assert [row["id"] for row in line.told("people")[0]["people"]] == ["ada", "ben", "cyn"]
    world.stage.leave(CYN)
    world.stage.rename("ben", "Benny")
    assert world.told("people") == [1, 1, 1, 1]
    world.clock.advance_us(1_000_000)
    world.stage.tell_people()
    world.stage.tell_people()
    told, cyn = world.lines[2].told("people"), [{"id": "cyn", "name": "Cyn"}]
    assert [[row["name"] for row in message["people"]] for message in told] == [["Ada", "Ben", "Cyn"], ["Ada", "Benny"]]
    assert [(message["joined"], message["left"]) for message in told] == [(cyn, []), ([], cyn)]


async def test_a_listener_changes_nothing(world: World) -> None:
    """Whoever may only listen is refused, whatever he tries."""
    world.stage.enter(Person("dan", "Dan", "listener"))
    for attempt in (
        lambda: world.stage.edit("dan", [(FADER, -3)], None),
        lambda: world.stage.undo("dan", None),
        lambda: world.stage.redo("dan", None),
        lambda: world.stage.switch(desk(1), "dan"),
    ):
        with pytest.raises(NotController):
            attempt()
    assert world.changes == 0
