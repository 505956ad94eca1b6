"""SuperCollider's server out of real time: instruments and scores written as it reads them, without its language.

An instrument is a SynthDef of the file format's version 2, a score a row of OSC bundles, each behind its length. Every number
of a chain is a constant of its graph, which costs the server least: no control is read and no coefficient computed again.
Formats: "Synth Definition File Format" and "Non-Realtime Synthesis" of SuperCollider's manual, and OSC 1.0.
"""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

SCALAR, AUDIO = 0, 2
"""Rates of calculation: once, and for every sample."""
MULTIPLY, ADD = 2, 0
"""Special indices of ``BinaryOpUGen``."""
ROOT, TAIL = 0, 1
"""The node of all nodes, and the place behind what is there."""


class Signal(NamedTuple):
    """One output of a unit."""

    unit: int
    output: int


@dataclass
class Instrument:
    """A graph that grows unit by unit; units run in the order in which they came."""

    name: str
    _constants: list[float] = field(default_factory=list)
    _units: list[bytes] = field(default_factory=list)

    def add(self, kind: str, *inputs: Signal | float, outputs: int = 1, special: int = 0) -> tuple[Signal, ...]:
        """Add a unit at audio rate; answers its outputs."""
        head = struct.pack(">biih", AUDIO, len(inputs), outputs, special)
        wires = b"".join(struct.pack(">ii", *self._wire(value)) for value in inputs)
        self._units.append(_pascal(kind) + head + wires + bytes([AUDIO] * outputs))
        return tuple(Signal(len(self._units) - 1, k) for k in range(outputs))

    def _wire(self, value: Signal | float) -> tuple[int, int]:
        if isinstance(value, Signal):
            return value.unit, value.output
        if value not in self._constants:
            self._constants.append(value)
        return -1, self._constants.index(value)

    def packed(self) -> bytes:
        """Return a file that holds this instrument alone, without parameters and variants."""
        constants = struct.pack(f">i{len(self._constants)}f", len(self._constants), *self._constants)
        units = struct.pack(">i", len(self._units)) + b"".join(self._units)
        return b"SCgf" + struct.pack(">ih", 2, 1) + _pascal(self.name) + constants + struct.pack(">ii", 0, 0) + units + b"\0\0"


def score(instruments: list[Instrument], seconds: float) -> bytes:
    """Return a score that plays instruments, in this order, from the first sample on for so long."""
    starts = [_message("/d_recv", one.packed()) for one in instruments]
    starts += [_message("/s_new", one.name, 1000 + k, TAIL, ROOT) for k, one in enumerate(instruments)]
    return b"".join(_bundle(0.0, message) for message in starts) + _bundle(seconds, _message("/c_set", 0, 0.0))


def _pascal(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("ascii")


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _text(text: str) -> bytes:
    return _padded(text.encode("ascii") + b"\0")


def _argument(value: str | int | float | bytes) -> tuple[str, bytes]:
    if isinstance(value, str):
        return "s", _text(value)
    if isinstance(value, bytes):
        return "b", struct.pack(">i", len(value)) + _padded(value)
    return ("i", struct.pack(">i", value)) if isinstance(value, int) else ("f", struct.pack(">f", value))


def _message(address: str, *arguments: str | int | float | bytes) -> bytes:
    tags, data = zip(*(_argument(value) for value in arguments), strict=True)
    return _text(address) + _text("," + "".join(tags)) + b"".join(data)


def _bundle(at: float, message: bytes) -> bytes:
    """One message at a time in seconds, behind the bundle's length."""
    body = b"#bundle\0" + struct.pack(">Qi", round(at * 2**32), len(message)) + message
    return struct.pack(">i", len(body)) + body
