"""The rules of the house that a machine can check: who may import whom, how long a file may be, what may not be written down."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsp.synth.demo import STRIPS

ROOT = Path(__file__).resolve().parents[1]

LONGEST = 300
LONGER = {
    "dsp/simd/lanes.py": "the vector type: one short entry for each operation",
    "tests/streaming/intake/test_decode.py": "one test for every way in which a file can be broken",
}
"""Files that may be longer than that, and why."""

CODE = (".py", ".ts", ".svelte", ".css", ".sh")
PACKAGES = ("config", "dsp", "storage", "streaming", "server")


def tracked() -> list[Path]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Names and contents of the text files."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8_192]:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8", "replace")))
    return found


def test_imports_point_down() -> None:
    """Layers: server > streaming > dsp | storage | config, and dsp is numbers only: the contracts in pyproject.toml hold."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-2_000:]


@pytest.mark.parametrize("module", ["streaming.render.worker", "streaming.render.zygote"])
def test_what_renders_imports_little(module: str) -> None:
    """A render process can be imported where there is no scipy, pydantic, SQL or web framework: a fork of it stays small."""
    heavy = ("scipy", "pydantic", "av", "sqlalchemy", "alembic", "starlette", "uvicorn", "dbos", "structlog")
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in heavy)
    program = f"import sys\n{blocked}import {module}\n"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2_000:]


def test_the_server_imports_no_instrument() -> None:
    """The server knows the demo's desk but not its instruments, nor any kernel or decoder: those belong to its children."""
    program = "import sys, server.app; print(*(name for name in ('dsp.synth.stems', 'av', 'scipy') if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == ""


def test_files_are_short() -> None:
    """No file of code is longer than 300 lines, but for those listed with a reason."""
    long = {name: text.count("\n") for name, text in texts() if name.endswith(CODE) and text.count("\n") > LONGEST}
    assert long.keys() <= LONGER.keys(), long


def test_every_module_says_what_it_is() -> None:
    """A module opens with a paragraph."""
    ours = [(name, text) for name, text in texts() if name.endswith(".py") and name.startswith(PACKAGES)]
    silent = [name for name, text in ours if not text.startswith('"""')]
    assert silent == []


def test_no_address_of_a_registry_or_path_of_a_machine() -> None:
    """Locks, docs and code name no package index and no folder of the machine they were written on."""
    hosts = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js", "npm" + "js.org", "deb." + "debian.org", "yarn" + "pkg")
    homes = ("/wo" + "rk/", "/ro" + "ot/", "/opt/" + "pypi", "/ho" + "me/")
    pattern = re.compile("|".join(map(re.escape, (*hosts, *homes))))
    found = [f"{name}: {match.group()}" for name, text in texts() for match in pattern.finditer(text)]
    assert found == []


def test_locks_are_pinned_and_hashed() -> None:
    """Every requirement is one version with hashes, and what the tests install agrees with what the server runs on."""
    locks = {}
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text()
        assert "--index" not in text
        assert "--find-links" not in text
        blocks = re.findall(r"^([a-z0-9][^\s=]*)==(\S+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.MULTILINE)
        names = re.findall(r"^([a-z0-9][^\s=;@]*)", text, re.MULTILINE)
        assert [name for name, _, _ in blocks] == names
        locks[file.stem] = {name: version for name, version, _ in blocks}
    assert locks["run"].items() <= locks["dev"].items()


def test_names_of_tests_are_not_modules() -> None:
    """Tests are collected by path: an __init__.py among them would hide a package of ours."""
    assert [str(path) for path in tracked() if path.name == "__init__.py" and "tests" in path.parts] == []


def test_the_demo_fits_the_smallest_engine() -> None:
    """Six stems and more, and no more than the smallest class of engines holds."""
    assert 6 <= len(STRIPS) <= 8
