"""Where compiled kernels are kept, and the two decorators that make them.

numba's own cache notices an edit of a kernel's file but not of a function inlined from another one. Here the stamp is a hash of
all kernel sources, so nothing stale is ever loaded, wherever the package is installed. The folder is ``STEMWIRE_KERNEL_CACHE``,
or ``stemwire/kernels`` in the user's cache folder; a complete folder may be read-only.
"""

import functools
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator

HOLDS_NO_KERNEL = frozenset({"mix.py", "compile.py", "peaks.py", "warm.py"})
"""Modules of this folder whose edits leave the kernels alone."""

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the folder of this version's kernels (it may not exist yet)."""
    base = os.environ.get("STEMWIRE_KERNEL_CACHE")
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        base = str(Path(home) / "stemwire" / "kernels")
    return Path(base) / kernel_stamp()[:16]


@functools.cache
def kernel_stamp() -> str:
    """Hash what the machine code depends on but for the CPU, which numba itself puts into its keys."""
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in HOLDS_NO_KERNEL:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class KernelLocator(_CacheLocator):  # type: ignore[misc]
    """Tells numba the folder and the stamp of a kernel."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._function = function
        self._py_file = file

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        """Return the hash of all kernel sources."""
        return kernel_stamp()

    def get_disambiguator(self) -> str:
        """Return what tells two kernels of one name apart."""
        return str(self._function.__code__.co_firstlineno)

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "KernelLocator":
        """Take every function."""
        return cls(function, file)


class _KernelCacheImpl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = [KernelLocator]  # noqa: RUF012 - numba's own attribute


class _KernelCache(FunctionCache):  # type: ignore[misc]
    _impl_class = _KernelCacheImpl


def kernel(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a public kernel: one explicit signature, loaded from the cache or compiled into it, never compiled again."""

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(error_model="numpy")(function)
        dispatcher._cache = _KernelCache(function)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        if not dispatcher.stats.cache_hits:
            _log.info("compiled kernel %s into %s", function.__name__, cache_folder())
        return dispatcher

    return decorate


def inlined(function: Callable[..., Any]) -> Any:
    """Make a part of a kernel: compiled into its caller, where LLVM sees it whole."""
    return numba.njit(error_model="numpy", forceinline=True)(function)
