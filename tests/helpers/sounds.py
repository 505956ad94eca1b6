"""Small sound files, as bytes."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray


def wav(seconds: float, hertz: float = 100.0, rate: int = 48_000, samples: NDArray[np.float32] | None = None) -> bytes:
    """A mono WAV of 32-bit floats: a sine, or ``samples``."""
    sine = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    file = io.BytesIO()
    soundfile.write(file, sine.astype(np.float32) if samples is None else samples, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()
