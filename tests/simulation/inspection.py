"""Bounds that hold at any time, looked at from inside: slots, leads, queues, buffers; and that nothing is left at the end."""

import asyncio
from pathlib import Path

from simulation.house import House

from dsp.grid import QUANTUM, RATE
from server.hardened import HOARD, HardenedProtocol
from streaming.live.player import Player

QUEUED = 40_000
"""Messages that may wait for a listener's task: one read of its socket, all empty."""

FRAMES_TOLD = 64


def broken_bounds(house: House) -> list[str]:
    """Which bounds do not hold, in words."""
    found: list[str] = []
    for stream in house.studio.live():
        player = house.studio.player(stream)
        if player is not None:
            found += [f"{stream}: {name}" for name, holds in _stream_bounds(house, player).items() if not holds]
    for protocol in house.state.connections:
        assert isinstance(protocol, HardenedProtocol)
        found += [name for name, holds in _line_bounds(house, protocol).items() if not holds]
    if house.studio.sockets() > len(house.state.tasks):
        found.append(f"{house.studio.sockets()} permits are held by {len(house.state.tasks)} connections")
    return found


def _stream_bounds(house: House, player: Player) -> dict[str, bool]:
    stream, engine, now_us = player.stream, player._engine, house.loop.now_us()
    rendering = stream._rendering
    table, flight = rendering._chunks._slots, rendering.flight
    slots = [*table._free, *(kept.slot for kept in table.kept), *([leg.dst for leg in flight.job.legs] if flight else [])]
    lead = house.settings.lead_ms * RATE // 1000
    listeners = stream.listeners
    return {
        f"slots {sorted(slots)} of {len(engine.arena.slots)}": sorted(slots) == list(range(len(engine.arena.slots))),
        "a slot stands elsewhere": all(engine.arena.slots[kept.slot].frame == kept.frame for kept in table.kept),
        f"rendered to {stream.feed.ready_to}": stream.feed.ready_to
        <= max(listeners.playhead(now_us), stream._floor) + lead + 5 * QUANTUM,
        "messages are kept": len(engine.packing._kept) <= 8,
        "a pacer's queue grows": all(len(pacer._queue) <= FRAMES_TOLD for pacer in listeners),
        "epochs are kept": len(stream.feed._epochs) <= 512,
        "a seat without a pacer": {seat.id for seat in player.seats} <= set(listeners._pacers),
        "sent beyond the credit": all(pacer.sent_to <= max(pacer.credit_to, pacer._credit_from) for pacer in listeners),
    }


def _line_bounds(house: House, protocol: HardenedProtocol) -> dict[str, bool]:
    most, queued = protocol.transport.most, protocol.queue.qsize()  # type: ignore[attr-defined]
    house.book.highest("write buffer", most)
    house.book.highest("queued messages", queued)
    return {
        f"a write buffer of {most} bytes": most <= HOARD + (1 << 20),
        f"{queued} messages wait": queued <= QUEUED,
        f"{len(protocol.frames)} fragments wait": len(protocol.frames) <= protocol.patience.fragments + 1,
    }


def memfds() -> int:
    """How many arenas this process has open."""
    return sum("memfd:stream" in str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())


def left_over(house: House) -> list[str]:
    """What there still is, some time after everybody has left."""
    studio = house.studio
    found = {
        "streams": len(studio.live()),
        "rooms": len(studio.stages()),
        "permits": studio.sockets(),
        "seats kept": studio.door.away,
        "admitted": len(house.admission),
        "connections": len(house.state.connections),
        "connections' tasks": len(house.state.tasks),
        "the pool's streams": len(house.pool._streams),
        "chunks running": house.pool.counts.busy,
        "chunks queued": house.pool.counts.queued,
    }
    return [f"{count} {name}" for name, count in found.items() if count]


def left_after_close(house: House, own: "set[asyncio.Task[None]]") -> list[str]:
    """What there still is once the server has been closed, but for the simulation's ``own`` tasks."""
    tasks = [task.get_name() for task in asyncio.all_tasks() - own]
    found = {"workers": len(house.nursery.alive), "readers": len(house.loop._readers)}
    return [f"task {name}" for name in tasks] + [f"{count} {name}" for name, count in found.items() if count]
