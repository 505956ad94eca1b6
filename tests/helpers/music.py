"""Made-up music for tests: seeded, dense, never silent, different on every track."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def music(seed: int, frames: int) -> NDArray[np.float32]:
    """Stereo audio of shape ``(frames, 2)``: a few gliding partials with an envelope, and noise bursts."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames) / 48_000
    audio = 0.02 * rng.standard_normal((frames, 2)) * (np.sin(2 * np.pi * 3.1 * t + seed) > 0.6)[:, None]
    for partial in range(6):
        pitch = 55.0 * 2 ** (rng.integers(0, 48) / 12)
        phase = 2 * np.pi * (pitch * t + 0.3 * np.sin(2 * np.pi * (0.4 + 0.1 * partial) * t))
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.2, 2.0) * t + partial)
        audio += 0.08 * (np.sin(phase) * swell)[:, None] * rng.uniform(0.2, 1.0, 2)
    return audio.astype(np.float32)


def write_stem(folder: Path, seed: int, frames: int) -> str:
    """A canonical file (raw stereo float32) of made-up music; answers its path."""
    path = folder / f"stem{seed}.f32"
    path.write_bytes(music(seed, frames).tobytes())
    return str(path)
