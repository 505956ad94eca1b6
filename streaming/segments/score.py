"""Which segments a stored mix is made of, and by which names they are known. Only data: who reads this loads no kernel.

A name says everything that the segment's bytes depend on: the document with the hashes of its stems, the code that renders and
encodes, the codec, and the segment's number. So what is found under a name is right, whoever made it, and nothing has to be
invalidated.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

SEGMENT = 460_800
"""Frames of a segment (9.6 s): whole tiles, whole packets of Opus, and of FLAC as we cut it."""

AT_A_TIME = 32
"""Segments that one child renders at most, five minutes: who listens on has another one started."""

Codec = Literal["opus", "flac"]

_PACKAGES = ("dsp", "streaming")
_LIBRARIES = ("numpy", "numba", "llvmlite", "av")


@dataclass(frozen=True, slots=True)
class Score:
    """A mix to be played: its document, and where each asset's canonical audio lies."""

    mix: Mapping[str, Any]
    sources: Mapping[str, str]

    @property
    def key(self) -> str:
        """The hash of everything that its samples depend on."""
        document = json.dumps(self.mix, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{code_stamp()} {SEGMENT} {document}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is asked for: the segments of a score from ``first`` on, into a folder."""

    mix: Mapping[str, Any]
    sources: Mapping[str, str]
    key: str
    codec: Codec
    folder: str
    first: int
    libopus: str | None
    most: int = AT_A_TIME

    def values(self) -> dict[str, Any]:
        """As JSON values; ``Order(**values)`` reads them back."""
        return asdict(self)


def segment_name(key: str, codec: Codec, number: int) -> str:
    """Under which name the packets of a segment lie."""
    return f"{key}.{codec}.{number}"


def slot_name(key: str, number: int) -> str:
    """Under which name the console's state at the end of a segment lies."""
    return f"{key}.slot.{number}"


@cache
def code_stamp() -> str:
    """A hash of all code that has a part in what is heard, and of the libraries it uses."""
    root, digest = Path(__file__).resolve().parents[2], hashlib.sha256()
    for file in sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    digest.update(" ".join(version(library) for library in _LIBRARIES).encode())
    return digest.hexdigest()
