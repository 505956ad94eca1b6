"""Compiles every public kernel into the cache: ``python -m dsp.warm``, with a progress line each, ahead of serving."""

import importlib
import sys
import time
from typing import TextIO

from dsp.cache import cache_folder

LIVE = (("dsp.render", "render"),)
"""Module and name of every kernel that plays; importing the module loads it from the cache or compiles it."""

KERNELS = (
    *LIVE,
    ("dsp.metering.loudness", "measure"),
    ("dsp.dither", "quantise"),
    ("dsp.analysis.intersample", "rise"),
    ("dsp.analysis.limiting", "let_go"),
)
"""All public kernels: those that only children of the job worker run come after."""


def warm(progress: TextIO) -> None:
    """Load or compile all kernels."""
    for number, (module, name) in enumerate(KERNELS, 1):
        progress.write(f"kernel {number} of {len(KERNELS)}: {name} ... ")
        progress.flush()
        began = time.perf_counter()
        hit = bool(getattr(importlib.import_module(module), name).stats.cache_hits)
        progress.write(f"{'loaded' if hit else 'compiled'} in {time.perf_counter() - began:.1f} s\n")
    progress.write(f"kernels are in {cache_folder()}\n")


def loaded() -> bool:
    """Import what plays; tells whether all of it came from the cache, as a process that serves should find it."""
    return all(getattr(importlib.import_module(module), name).stats.cache_hits for module, name in LIVE)


if __name__ == "__main__":
    warm(sys.stdout)
