"""Programs that nobody here wrote, as far as this machine has them, asked what they make of a file or an address."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

LIMIT_S = 120


def require(program: str) -> None:
    """Skip the test where a program is missing."""
    if shutil.which(program) is None:
        pytest.skip(f"There is no {program} on this machine.")


def _run(command: list[str]) -> bytes:
    ended = subprocess.run(command, capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL, check=False)
    assert (ended.returncode, ended.stderr) == (0, b""), ended.stderr.decode(errors="replace")[-2_000:]
    return ended.stdout


def ffprobe(place: Path | str) -> dict[str, Any]:
    """What ffprobe says of the one stream; it must find nothing to complain of."""
    shown = _run(["ffprobe", "-v", "warning", "-show_streams", "-show_format", "-of", "json", str(place)])
    found: dict[str, Any] = json.loads(shown)
    (stream,) = found["streams"]
    return {**stream, "format": found["format"]}


def ffmpeg(place: Path | str, *options: str) -> NDArray[np.float32]:
    """What ffmpeg decodes, ``(frames, 2)``; it must find nothing to complain of."""
    audio = _run(["ffmpeg", "-v", "warning", *options, "-i", str(place), "-f", "f32le", "-ac", "2", "-ar", "48000", "-"])
    return np.frombuffer(audio, "<f4").reshape(-1, 2)
