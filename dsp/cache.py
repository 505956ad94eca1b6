"""Where compiled kernels are kept, and the decorators that make them.

numba's own cache notices an edit of a kernel's file but not of a function inlined from another one. Here the stamp is a hash of
the kernel's module and of all it imports from the application, so nothing stale is ever loaded, wherever that is installed. The
folder is ``STEMWIRE_KERNEL_CACHE``, or ``stemwire/kernels`` in the user's cache folder; a complete folder may be read-only.
"""

import ast
import functools
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import llvmlite
import numba
from numba import types
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator

_njit: Any = functools.partial(cast("Any", numba.njit), error_model="numpy", _nrt=False)
"""Kernels divide as numpy does, allocate nothing and count no references."""

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return the folder in which all kernels lie (it may not exist yet)."""
    base = os.environ.get("STEMWIRE_KERNEL_CACHE")
    if base is None:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        base = str(Path(home) / "stemwire" / "kernels")
    return Path(base)


@functools.cache
def kernel_stamp(file: str) -> str:
    """Hash what a module's machine code depends on but for the CPU, which numba itself puts into its keys."""
    root = Path(__file__).parent.parent
    found: dict[str, bytes] = {}
    wanted = [str(Path(file).resolve().relative_to(root.resolve()).with_suffix("")).replace(os.sep, ".")]
    while wanted:
        name = wanted.pop()
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        if name not in found and path.exists():
            found[name] = path.read_bytes()
            wanted += [
                node.module for node in ast.walk(ast.parse(found[name])) if isinstance(node, ast.ImportFrom) and node.module
            ]
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__}".encode())
    for name in sorted(found):
        digest.update(name.encode() + b"\0" + found[name])
    return digest.hexdigest()


class KernelLocator(_CacheLocator):
    """Tells numba the folder and the stamp of a kernel."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._function = function
        self._py_file = file

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(cache_folder() / kernel_stamp(self._py_file)[:16])

    def get_source_stamp(self) -> str:
        """Return the hash of all kernel sources."""
        return kernel_stamp(self._py_file)

    def get_disambiguator(self) -> str:
        """Return what tells two kernels of one name apart."""
        return str(self._function.__code__.co_firstlineno)

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "KernelLocator":
        """Take every function."""
        return cls(function, file)


class _KernelCacheImpl(CompileResultCacheImpl):
    _locator_classes = [KernelLocator]  # noqa: RUF012 - numba's own attribute


class _KernelCache(FunctionCache):
    _impl_class = _KernelCacheImpl


def kernel(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a public kernel: one explicit signature, loaded from the cache or compiled into it, never compiled again."""

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = _njit(function)
        dispatcher._cache = _KernelCache(function)  # type: ignore[no-untyped-call]
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        if not dispatcher.stats.cache_hits:
            _log.info("compiled kernel %s into %s", function.__name__, cache_folder())
        return dispatcher

    return decorate


def direct(dispatcher: Any) -> Callable[..., Any]:
    """Return a public kernel as it is called without numba's look at its arguments' types, which takes it half a microsecond.

    For callers whose arguments have the kernel's types by construction: nothing but the size of what an array holds is checked.
    """
    (result,) = dispatcher.overloads.values()
    return cast("Callable[..., Any]", result.entry_point)


def inlined(function: Callable[..., Any]) -> Any:
    """Make a part of a kernel: compiled into its caller, where LLVM sees it whole."""
    return _part(_njit(function, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True))


def outlined(function: Callable[..., Any]) -> Any:
    """Make a part of a kernel that is seldom run: compiled once, called."""
    return _part(_njit(function, no_cpython_wrapper=True, no_cfunc_wrapper=True))


def _part(dispatcher: Any) -> Any:
    """Compile a part once for all constants it is called with: numba would do so for each, LLVM sees them all the same."""
    template = dispatcher.get_call_template
    plain: Any = types.unliteral
    dispatcher.get_call_template = lambda args, kws: template(tuple(plain(kind) for kind in args), kws)
    return dispatcher
