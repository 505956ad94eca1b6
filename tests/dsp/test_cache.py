"""The kernel cache, with processes of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dsp.cache import cache_folder, kernel_stamp

ROOT = Path(__file__).parents[2]
KERNEL = """
from numba import float64
from dsp.cache import inlined, kernel
from dsp.inner import inner

@kernel(float64(float64))
def outer(x):
    return inner(x) + 1.0
"""
INNER = """
from dsp.cache import inlined

@inlined
def inner(x):
    return x * {factor}
"""
ASK = "from dsp.outer import outer; print(outer(10.0), sum(outer.stats.cache_hits.values()))"


def ask(folder: Path, cache: Path) -> str:
    """The kernel's answer and whether it was loaded, in a new process."""
    environment = {**os.environ, "STEMWIRE_KERNEL_CACHE": str(cache)}
    child = subprocess.run([sys.executable, "-c", ASK], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return child.stdout.strip()


def package(folder: Path, factor: float) -> Path:
    """A small package named dsp with one kernel and one inlined part."""
    (folder / "dsp").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "dsp" / "cache.py", folder / "dsp" / "cache.py")
    (folder / "dsp" / "outer.py").write_text(KERNEL)
    (folder / "dsp" / "inner.py").write_text(INNER.format(factor=factor))
    return folder


def test_kernels_are_loaded_again_and_never_stale(tmp_path: Path) -> None:
    """A second process loads what the first compiled, from another place too; an edit of an inlined part compiles anew."""
    cache = tmp_path / "cache"
    assert ask(package(tmp_path / "here", 2.0), cache) == "21.0 0"
    assert ask(tmp_path / "here", cache) == "21.0 1"
    assert ask(package(tmp_path / "elsewhere", 2.0), cache) == "21.0 1"
    assert ask(package(tmp_path / "here", 3.0), cache) == "31.0 0"


def test_a_complete_cache_may_be_read_only(tmp_path: Path) -> None:
    """Loading writes nothing."""
    cache = tmp_path / "cache"
    ask(package(tmp_path / "here", 2.0), cache)
    files = sorted(cache.rglob("*"))
    for path in [cache, *files]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert ask(tmp_path / "here", cache) == "21.0 1"
    assert sorted(cache.rglob("*")) == files
    for path in [cache, *files]:
        path.chmod(0o755)


def test_the_folder_comes_from_the_environment(monkeypatch) -> None:
    """STEMWIRE_KERNEL_CACHE wins over XDG_CACHE_HOME."""
    monkeypatch.delenv("STEMWIRE_KERNEL_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_folder() == Path("/x/stemwire/kernels")
    monkeypatch.setenv("STEMWIRE_KERNEL_CACHE", "/y")
    assert cache_folder() == Path("/y")


def test_the_stamp_covers_what_a_module_imports() -> None:
    """The render module's stamp is not that of a part of it."""
    assert kernel_stamp(str(ROOT / "dsp" / "render.py")) != kernel_stamp(str(ROOT / "dsp" / "eq.py"))


def test_a_kernel_called_directly_answers_the_same(tmp_path: Path) -> None:
    """Without the look at its arguments' types it is the same machine code, whether compiled here or loaded."""
    package(tmp_path, 3.0)
    script = "from dsp.cache import direct; from dsp.outer import outer; print(outer(10.0), direct(outer)(10.0))"
    environment = {**os.environ, "STEMWIRE_KERNEL_CACHE": str(tmp_path / "cache")}
    for _ in range(2):
        child = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        )
        assert child.stdout.split() == ["31.0", "31.0"]
