"""The documentation says what the code does: tables written from it, commands and links that exist, versions that agree."""

import re
import tomllib
from pathlib import Path

import pytest

from config.settings import PREFIX
from dsp.desk.mix import Mix
from dsp.desk.params import CATALOGUE, find
from tools import docs

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))


def test_tables_are_written_from_the_code() -> None:
    """Settings and parameters in the docs are those of the code (`make docs` writes them)."""
    assert docs.stale() == []


def test_every_parameter_has_a_sentence_and_a_place() -> None:
    """A row of the catalogue is found by its name, rests inside its range, and says in a sentence what it does."""
    for row in CATALOGUE:
        assert find(row.scope, row.name) is row
        assert row.low <= row.default <= row.high
        assert re.fullmatch(r"\S.*[.]", row.doc), row.name
        assert row.glide_ms > 0


def test_every_parameter_can_be_set_by_its_path() -> None:
    """What the docs list as a path is a place in a mix."""
    mix = Mix.empty().set("tracks/t1", {"name": "Drums"}).set("groups/g1", {})
    for row in CATALOGUE:
        place = {"track": "tracks/t1/", "group": "groups/g1/", "master": "master/"}.get(row.scope, f"effects/{row.scope}/")
        assert mix.get(place + row.name) == row.rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links, and files named as code, exist."""
    text = page.read_text()
    linked = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    named = re.findall(r"`((?:config|dsp|storage|streaming|server|web/src|tests|tools|docs|requirements)/[\w/.-]*)`", text)
    missing = [link for link in linked if not (page.parent / link).exists() and link != "docs/console.png"]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    """Every `make word` in the docs is a target, every setting a setting."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    known = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", docs.settings()))
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= known


def test_targets_are_described() -> None:
    """Each word of the Makefile says what it does."""
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## .+$", makefile, re.MULTILINE))


def test_the_version_is_the_newest_in_the_changelog() -> None:
    """The package's version, the console's and the changelog's first agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert project["version"] == first[1]


def test_continuous_integration_runs_the_readme() -> None:
    """What CI runs is the test command that the README names, and nothing else."""
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test </dev/null"]
    assert "make test" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
