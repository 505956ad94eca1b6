"""What a seed stands for: how many people, projects and workers there are, how they fare, and what is left out.

Every world leaves something out at random, for a thing that happens too often hides others. :func:`without` leaves out more, so
that a failure can be told with less.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from simulation.hands import WEIGHTS
from simulation.hostile import BEHAVIOURS
from simulation.network import Quality
from simulation.workers import Health

from dsp.grid import RATE

Weights = tuple[tuple[str, int], ...]
"""What hands do, and how often."""


QUICK = Health()
NEAR_US = 15_000
"""Lines up to this long are no reason for anybody to run dry, whatever hands do."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One decent listener."""

    name: str
    codec: str
    buffer_frames: int
    down: Quality
    up: Quality
    weights: Weights
    comes_s: float
    leaves: int | None
    """With which code it leaves; nothing if it just breaks its line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One world."""

    seed: str
    seconds: float
    workers: int
    lead_ms: int
    song: int
    tracks: int
    health: Health
    streams: tuple[tuple[PersonPlan, ...], ...]
    """The people on each stream."""
    projects: int
    hostile_every_s: float
    behaviours: tuple[str, ...]
    kills_every_s: float

    @property
    def is_calm(self) -> bool:
        """Whether nothing happens to workers and lines that a lead cannot bridge: then nobody may run dry."""
        health = self.health
        lines = [quality for people in self.streams for person in people for quality in (person.down, person.up)]
        ill = health.dies or health.hangs or health.stillborn or self.kills_every_s
        slow = health.slow_us > QUICK.slow_us or health.render_us_per_s > QUICK.render_us_per_s
        far = any(quality.stall or quality.latency_us + quality.jitter_us > NEAR_US for quality in lines)
        return not (ill or slow or far)


def plan(seed: str, seconds: float = 90.0) -> Plan:
    """The plan of a seed."""
    chance = Random(f"{seed}/plan")
    weights = tuple((name, weight) for name, weight in WEIGHTS.items() if name in ("rest", "play") or chance.random() < 0.7)
    lines = chance.choice(("good", "good", "mixed", "bad"))
    ill = chance.random() < 0.5
    streams = tuple(
        tuple(_person(f"s{stream}p{person}", chance, weights, lines, seconds) for person in range(chance.choice((1, 1, 2, 3))))
        for stream in range(chance.choice((1, 1, 2, 3)))
    )
    names = tuple(behaviour.name for behaviour in BEHAVIOURS)
    return Plan(
        seed, seconds, workers=chance.choice((1, 2, 2, 3)), lead_ms=chance.choice((500, 1_000, 2_000, 2_000, 4_000)),
        song=chance.choice((3, 12, 40)) * RATE + chance.randrange(RATE), tracks=chance.choice((8, 8, 8, 12)),
        health=_ill(chance) if ill else QUICK, streams=streams, projects=chance.choice((1, 1, 2)),
        hostile_every_s=chance.choice((0.0, 3.0, 8.0)), behaviours=tuple(n for n in names if chance.random() < 0.6),
        kills_every_s=chance.choice((0.0, 5.0, 20.0)) if ill else 0.0,
    )  # fmt: skip


def _ill(chance: Random) -> Health:
    return Health(
        render_us_per_s=chance.choice((4_000, 8_000, 40_000)), slow=chance.choice((0.01, 0.1)),
        slow_us=chance.choice((20_000, 150_000)), dies=chance.choice((0.0, 0.002, 0.02)), hangs=chance.choice((0.0, 0.0, 0.001)),
        stillborn=chance.choice((0.0, 0.0, 0.2)), other_boot=chance.choice((0.0, 0.5)),
    )  # fmt: skip


def _person(name: str, chance: Random, weights: Weights, lines: str, seconds: float) -> PersonPlan:
    bad = lines == "bad" or (lines == "mixed" and chance.random() < 0.5)
    return PersonPlan(
        name=name,
        codec=chance.choice(("pcm-f32", "pcm-f32", "pcm-s16", "opus")),
        buffer_frames=chance.choice((RATE, 3 * RATE // 2, 4 * RATE, 8 * RATE, 59 * RATE)) + chance.randrange(3_000),
        down=_quality(chance, bad), up=_quality(chance, bad), weights=weights, comes_s=chance.choice((0.0, 0.0, seconds / 3)),
        leaves=chance.choice((1000, 1001, 4999, None)),
    )  # fmt: skip


def _quality(chance: Random, bad: bool) -> Quality:
    if not bad:
        return Quality(chance.randrange(200, 8_000), chance.randrange(1, 4_000))
    return Quality(
        chance.randrange(200, 120_000), chance.randrange(1, 60_000), chance.choice((800_000, 4_000_000)),
        chance.choice((0.0, 0.01, 0.05)), chance.choice((100_000, 900_000)),
    )  # fmt: skip


def without(whole: Plan) -> Iterator[tuple[str, Plan]]:
    """Smaller plans that differ from this one in one thing each, and what that is."""
    yield "guests", replace(whole, hostile_every_s=0.0)
    yield "kills", replace(whole, kills_every_s=0.0)
    yield "ill workers", replace(whole, health=QUICK)
    yield from _without_people(whole)
    for name in whole.behaviours if whole.hostile_every_s else ():
        yield name, replace(whole, behaviours=tuple(other for other in whole.behaviours if other != name))
    for name in sorted({name for people in whole.streams for person in people for name, _ in person.weights} - {"rest", "play"}):
        yield name, replace(whole, streams=_never(whole.streams, name))


def _without_people(whole: Plan) -> Iterator[tuple[str, Plan]]:
    for index, people in enumerate(whole.streams):
        others = whole.streams[:index], whole.streams[index + 1 :]
        if len(whole.streams) > 1:
            yield f"stream {people[0].name[:2]}", replace(whole, streams=(*others[0], *others[1]))
        for person in people if len(people) > 1 else ():
            fewer = tuple(other for other in people if other is not person)
            yield person.name, replace(whole, streams=(*others[0], fewer, *others[1]))


def _never(streams: tuple[tuple[PersonPlan, ...], ...], name: str) -> tuple[tuple[PersonPlan, ...], ...]:
    def spared(person: PersonPlan) -> PersonPlan:
        return replace(person, weights=tuple(row for row in person.weights if row[0] != name))

    return tuple(tuple(map(spared, people)) for people in streams)
