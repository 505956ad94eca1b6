"""Writes the tables of the documentation from the code: ``python tools/docs.py``; with ``--check`` it only says what is stale.

A table lies between ``<!-- name -->`` and ``<!-- /name -->``; everything around it is written by hand.
"""

import dataclasses
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from config.settings import PREFIX, Rule, Settings  # noqa: E402 - the path is set first
from dsp.desk.params import CATALOGUE, Parameter  # noqa: E402


def settings() -> str:
    """Return the table of settings."""
    rows = ["| variable | default | range | what it is |", "|---|---|---|---|"]
    for row in dataclasses.fields(Settings):
        rule: Rule = row.metadata["rule"]
        default = f"`{row.default}`" if row.default != "" else "(empty)"
        rows.append(f"| `{PREFIX}{row.name.upper()}` | {default} | {_range(rule)} | {rule.doc} |")
    return "\n".join(rows)


def _range(rule: Rule) -> str:
    if rule.choices:
        return ", ".join(f"`{choice}`" for choice in rule.choices)
    if rule.low == rule.high:
        return ""
    return f"{rule.low} to {rule.high}{f' {rule.unit}' if rule.unit else ''}"


def parameters() -> str:
    """Return the table of the console's parameters."""
    rows = ["| path | control | range | at rest | glide | what it does |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_parameter, CATALOGUE)])


def _parameter(row: Parameter) -> str:
    place = {
        "track": "tracks/{id}/",
        "group": "groups/{id}/",
        "reverb": "effects/{id}/",
        "delay": "effects/{id}/",
        "master": "master/",
    }[row.scope]
    unit = f" {row.unit}" if row.unit else ""
    if row.is_switch:
        bounds, rest = "off, on", "on" if row.default else "off"
    elif row.choices:
        bounds, rest = ", ".join(row.choices), str(row.rest)
    else:
        bounds, rest = f"{row.low:g} to {row.high:g}{unit}", f"{row.default:g}{unit}"
    return f"| `{place}{row.name}` | {row.label} | {bounds} | {rest} | {row.glide_ms:g} ms | {row.doc} |"


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/deploy.md", settings),
    "parameters": ("docs/dsp.md", parameters),
}
"""Name of each table, the page it is on, and what makes it."""


def written(page: str, name: str, table: str) -> str:
    """Return a page with its table in place."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"there is no place for the table {name}")
    return pattern.sub(lambda found: found[1] + table + found[2], page)


def stale() -> list[str]:
    """Return the pages that do not say what the code says."""
    return [file for name, (file, make) in TABLES.items() if written(text := (ROOT / file).read_text(), name, make()) != text]


def main() -> None:
    """Run the command line."""
    if "--check" in sys.argv[1:]:
        if pages := stale():
            sys.exit(f"Stale: {', '.join(pages)}. Run `make docs`.")
        return
    for name, (file, make) in TABLES.items():
        path = ROOT / file
        path.write_text(written(path.read_text(), name, make()))


if __name__ == "__main__":
    main()
