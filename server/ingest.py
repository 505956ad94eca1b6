"""Uploads become canonical audio by a decoding child, a few at a time under limits. The server itself never opens the file."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from dsp.peaks import FRAMES_PER_BIN
from server.children import command, environment
from streaming.intake.intake import Decoded, Order, Refused, read_answer

RECIPE = 1
"""Version of the way from uploaded bytes to canonical audio; it rises when the same bytes would come out different."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take."""

    max_seconds: float
    max_bytes: int
    decode_seconds: int
    memory_bytes: int
    min_seconds: float = 0.01


@dataclass(frozen=True, slots=True)
class Ingested:
    """A decoded file: what is known of it, its canonical audio and each level of its waveform; the caller owns the files."""

    decoded: Decoded
    audio: Path
    peaks: tuple[Path, ...]

    def remove(self) -> None:
        """Delete what has not been moved away."""
        for file in (self.audio, *self.peaks):
            file.unlink(missing_ok=True)


class Ingest:
    """Decodes files in children; ``scratch`` names a new file for each result, on the disk where it will stay."""

    def __init__(self, scratch: Callable[[], Path], limits: Limits, at_once: int) -> None:
        self._scratch, self._limits = scratch, limits
        self._slots = asyncio.Semaphore(at_once)
        self._log = structlog.get_logger("server.ingest")

    async def decode(self, source: Path) -> Ingested:
        """Decode a file; raises :class:`streaming.intake.intake.Refused`, and then leaves nothing behind."""
        audio, *peaks = (self._scratch() for _ in range(1 + len(FRAMES_PER_BIN)))
        order = Order(
            str(source), str(audio), tuple(map(str, peaks)), os.getpid(), self._limits.min_seconds, self._limits.max_seconds,
            self._limits.max_bytes, self._limits.decode_seconds, self._limits.memory_bytes,
        )  # fmt: skip
        try:
            async with self._slots:
                return Ingested(await self._carry_out(order), audio, tuple(peaks))
        except BaseException:
            for file in (audio, *peaks):
                file.unlink(missing_ok=True)
            raise

    async def _carry_out(self, order: Order) -> Decoded:
        child = await asyncio.create_subprocess_exec(
            *command("streaming.intake.decode"), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment(), cwd="/"
        )
        try:
            async with asyncio.timeout(self._limits.decode_seconds):
                out, complaint = await child.communicate(order.to_json())
        except TimeoutError:
            raise _timeout() from None
        finally:
            await _end(child)
        if child.returncode == -signal.SIGXCPU:
            raise _timeout()
        try:
            return read_answer(out)
        except (ValueError, TypeError, KeyError):
            self._log.warning("decoder failed", returncode=child.returncode, complaint=complaint[-2000:].decode(errors="replace"))
            raise Refused("decode_failed", "The file could not be decoded.") from None


def _timeout() -> Refused:
    return Refused("decode_timeout", "Decoding the file takes longer than allowed.")


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()
