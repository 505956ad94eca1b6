"""How a bounce goes on after it was killed: the console's state at a frame, and how much audio was on the disk by then.

A checkpoint is replaced atomically, and only after the audio before it is on the disk. It carries a key of everything that the
samples depend on; one of another key, or a damaged one, counts as none.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from struct import Struct

import numpy as np
from numpy.typing import NDArray

_HEAD = Struct("<32sqqqqqq")
"""Key; number of the take, process frame, frames of audio; lengths of the parts of the state and of the rings. A SHA-256 of it
all follows."""

_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """In take ``take`` the state stands at process frame ``frame``; ``written`` frames of audio are on the disk."""

    take: int
    frame: int
    written: int
    state64: NDArray[np.float64]
    state32: NDArray[np.float32]
    rings: NDArray[np.float32]


def key_of(*parts: bytes) -> bytes:
    """A key of everything that the samples depend on."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def save(path: Path, key: bytes, checkpoint: Checkpoint) -> None:
    """Put a checkpoint in place of the one before."""
    sizes = (len(checkpoint.state64), len(checkpoint.state32), len(checkpoint.rings))
    head = _HEAD.pack(key, checkpoint.take, checkpoint.frame, checkpoint.written, *sizes)
    content = b"".join((head, checkpoint.state64.tobytes(), checkpoint.state32.tobytes(), checkpoint.rings.tobytes()))
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content + sha256(content).digest())
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def load(path: Path, key: bytes, sizes: Sequence[int]) -> Checkpoint | None:
    """The last checkpoint, if it is whole and of this key and these sizes."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    content, digest = content[:-_DIGEST], content[-_DIGEST:]
    if len(content) < _HEAD.size or sha256(content).digest() != digest:
        return None
    kept, take, frame, written, *lengths = _HEAD.unpack_from(content)
    if kept != key or lengths != list(sizes):
        return None
    state64 = np.frombuffer(content, np.float64, lengths[0], _HEAD.size).copy()
    floats = np.frombuffer(content, np.float32, offset=_HEAD.size + state64.nbytes).copy()
    return Checkpoint(take, frame, written, state64, floats[: lengths[1]], floats[lengths[1] :])
