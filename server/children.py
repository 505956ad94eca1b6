"""How the server starts children of its own code: ``python -m`` with the packages on the path and one thread a library."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ", "TMPDIR")
"""What a child that handles strangers' files sees of the environment: no settings, no secrets."""


def command(module: str, *arguments: str) -> tuple[str, ...]:
    """The command line of a module of ours; ``-P`` keeps the working directory off the path."""
    return sys.executable, "-P", "-m", module, *arguments


def environment(base: Mapping[str, str] = os.environ, only: tuple[str, ...] | None = _PASSED_ON) -> dict[str, str]:
    """The environment of a child; ``only=None`` passes on everything."""
    kept = {name: value for name, value in base.items() if only is None or name in only}
    path = os.pathsep.join(filter(None, (str(_ROOT), base.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
