"""One world from beginning to end: people come, play and leave, guests misbehave, workers die; then all is quiet.

Promises are checked as things happen, and once more when everybody has gone. The first one that is broken ends the world.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random

from helpers.mixes import ASSET, OTHER, clip, desk
from simulation.book import Book, Broken
from simulation.bounce import bounced, compare, missed
from simulation.hands import Hands
from simulation.hostile import BEHAVIOURS, Guest
from simulation.house import House
from simulation.inspection import broken_bounds, left_after_close, left_over
from simulation.listener import Listener
from simulation.loop import SimulatedLoop
from simulation.peer import Peer
from simulation.plan import PersonPlan, Plan

from dsp.desk.mix import Mix
from streaming.live.player import Player
from streaming.live.stream import Stream
from streaming.render.pool import DEATHS

ASSETS = {ASSET: "/stems/one", OTHER: "/stems/two"}
LOOK_S = 0.1
QUIET_S = 100.0
"""Who has vanished is noticed after 40 s at most (two pings), a seat is kept for 20 s, a stream for 30 s after that."""


@dataclass
class Played:
    """One stream, those who listen to it, and what must be kept of it for the end."""

    id: str
    workspace: str
    player: Player
    stream: Stream
    listeners: list[Listener] = field(default_factory=list)
    played_us: int = 0
    is_expected_dead: bool = False

    @property
    def is_playing(self) -> bool:
        """Whether its playhead moves."""
        return self.stream.transport.state == "playing" and not self.stream.failed


@dataclass
class World:
    """The house and everybody in it."""

    loop: SimulatedLoop
    plan: Plan
    book: Book
    streams: list[Played] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the house."""
        plan = self.plan
        self.house = House(self.loop, plan.seed, self.book, plan.health, plan.workers, plan.lead_ms, ASSETS)
        self.chance = Random(f"{plan.seed}/world")

    async def live(self) -> None:
        """From the first to the last; raises :class:`Broken`."""
        broken = asyncio.Event()
        self.book.told = broken.set
        self._own = asyncio.all_tasks()
        living, breaking = asyncio.create_task(self._live(), name="life"), asyncio.create_task(broken.wait(), name="break")
        self._own |= {living, breaking}
        await asyncio.wait((living, breaking), return_when=asyncio.FIRST_COMPLETED)
        if not self.book.broken and living.done():
            breaking.cancel()
            await living
        if self.book.broken:
            raise Broken(self.book.broken)

    async def _live(self) -> None:
        await self.house.studio.start()
        await self._open()
        self._start(self._look(), "looking")
        if self.plan.hostile_every_s and self.plan.behaviours:
            self._start(self._invite(), "inviting")
        if self.plan.kills_every_s:
            self._start(self._kill(), "killing")
        await asyncio.sleep(self.plan.seconds)
        await self._part()
        await asyncio.sleep(QUIET_S)
        self._expect_none(left_over(self.house), "left when everybody had gone")
        await self._stop("looking")
        await self.house.aclose()
        await asyncio.sleep(6.0)
        self._expect_none(left_after_close(self.house, self._own), "left after the end")

    def _start(self, coroutine: "object", name: str) -> None:
        self.tasks.append(asyncio.create_task(coroutine, name=name))  # type: ignore[arg-type]

    async def _stop(self, *names: str) -> None:
        ending = [task for task in self.tasks if not names or task.get_name() in names]
        self.tasks = [task for task in self.tasks if task not in ending]
        for task in ending:
            task.cancel()
        for outcome in await asyncio.gather(*ending, return_exceptions=True):
            if isinstance(outcome, Exception):
                self.book.fail("world", f"{outcome!r}")

    def _expect_none(self, found: list[str], what: str) -> None:
        if found:
            self.book.fail("world", f"{what}: {', '.join(found)}")

    # Streams and people

    async def _open(self) -> None:
        for number, people in enumerate(self.plan.streams):
            project = f"p{number % self.plan.projects}"
            if project not in self.house.shelf.revisions:
                self.house.shelf.add(project, song(self.plan))
            stream, _ = await self.house.open("ada", project)
            player = self.house.studio.player(stream)
            assert player is not None
            self.streams.append(Played(stream, "ada", player, player.stream))
            for person in people:
                self._bring(self.streams[-1], person)

    def _bring(self, played: Played, person: PersonPlan) -> None:
        chance = Random(f"{self.plan.seed}/{person.name}")
        listener = Listener(
            person.name, self.loop, chance, self.book, person.codec, person.buffer_frames, (person.down, person.up),
            lambda peer: self._connect(peer, played),
        )  # fmt: skip
        played.listeners.append(listener)
        hands = Hands(listener, chance, self.plan.song, tuple(ASSETS), dict(person.weights), tracks=self.plan.tracks)
        self.loop.call_later(person.comes_s, listener.arrive)
        self._start(hands.work(), person.name)

    def _connect(self, peer: Peer, played: Played) -> None:
        peer.connect(self.house.protocol, self.house.target(played.workspace, played.id))

    async def _part(self) -> None:
        """Everybody stops what he does, and goes in his own way."""
        await self._stop(*(listener.name for played in self.streams for listener in played.listeners), "inviting", "killing")
        await asyncio.sleep(3.0)
        self._agree()
        for played, people in zip(self.streams, self.plan.streams, strict=True):
            runs = bounced(played.stream, played.player._engine.sources)
            for listener, person in zip(played.listeners, people, strict=True):
                listener.leave(person.leaves or 1000)
                frames, wrong = compare(listener, runs, missed(played.stream, listener))
                self.book.figures["frames compared"] += frames
                if wrong:
                    self.book.fail(listener.name, f"{listener.codec}: {wrong}")
        for guest in self.guests:
            if not guest.peer.is_gone:
                guest.peer.cut()

    def _agree(self) -> None:
        """Everybody who is here sees the desk as it is."""
        for played in self.streams:
            stage = self.house.studio.stages().get(self._project(played))
            for listener in played.listeners:
                told = listener.mix
                if stage and told is not None and listener.is_following and not played.stream.failed:
                    mine, theirs = told.content_hash(), stage.room.mix.content_hash()
                    if mine != theirs:
                        self.book.fail(listener.name, "sees another desk than the room's")
                    self.book.figures["desks compared"] += 1

    def _project(self, played: Played) -> str:
        return f"p{self.streams.index(played) % self.plan.projects}"

    # Chance

    async def _kill(self) -> None:
        chance = Random(f"{self.plan.seed}/kills")
        while True:
            await asyncio.sleep(chance.expovariate(1 / self.plan.kills_every_s))
            alive = self.house.nursery.alive
            for process in alive if chance.random() < 0.3 else alive[:1]:
                self.book.note("world", f"kill worker {process.number}")
                process.kill()

    async def _invite(self) -> None:
        chance = Random(f"{self.plan.seed}/hostile")
        known = [behaviour for behaviour in BEHAVIOURS if behaviour.name in self.plan.behaviours]
        number = 0
        while True:
            await asyncio.sleep(chance.expovariate(1 / self.plan.hostile_every_s))
            number += 1
            behaviour, played = chance.choice(known), chance.choice(self.streams)
            name = f"guest{number}"
            guest = Guest(
                name, self.loop, Random(f"{self.plan.seed}/{name}"), self.book, behaviour,
                lambda played=played: played.is_playing,
            )  # fmt: skip
            self.book.note(name, f"{behaviour.name} on stream {self.streams.index(played)}")
            self.book.figures["guests"] += 1
            self._connect(guest.peer, played)
            self.guests.append(guest)
            self._start(self._misbehave(guest), name)

    async def _misbehave(self, guest: Guest) -> None:
        while not guest.is_open and guest.is_held and not guest.peer.is_gone:
            await asyncio.sleep(0.01)
        await guest.behaviour.act(guest)

    async def _look(self) -> None:
        """See to it, again and again, that bounds hold and guests are gone in time."""
        step_us = int(LOOK_S * 1e6)
        while True:
            await asyncio.sleep(LOOK_S)
            self._expect_none(broken_bounds(self.house), "a bound does not hold")
            for played in self.streams:
                heard = played.is_playing and any(listener.is_here for listener in played.listeners)
                played.played_us += step_us * heard
                if played.stream.failed and not played.is_expected_dead:
                    self._excuse(played)
            self._watch(step_us)

    def _watch(self, step_us: int) -> None:
        """Guests are gone in time."""
        self.guests = [guest for guest in self.guests if guest.is_held]
        for guest in self.guests:
            behaviour = guest.behaviour
            counts = guest.is_playing() or not behaviour.while_playing
            guest.used_us = guest.used_us + step_us if counts else 0
            if guest.used_us > behaviour.limit_s * 1e6:
                self.book.fail(guest.name, f"{behaviour.name}: still there after {behaviour.limit_s} s")

    def _excuse(self, played: Played) -> None:
        """A stream may fail of nothing but a chunk that too many workers died of."""
        played.is_expected_dead = True
        self.book.figures["streams failed"] += 1
        if not any(deaths >= DEATHS for deaths in self.book.deaths.values()):
            self.book.fail(played.id, "the stream failed, and not so many workers had died of a chunk")


def song(plan: Plan) -> Mix:
    """Two tracks that sound from beginning to end."""
    mix = desk()
    for n, asset in enumerate(ASSETS):
        mix = mix.set(f"tracks/t{n}/clips", [clip(f"c{n}", asset=asset, length=plan.song)])
    return mix
