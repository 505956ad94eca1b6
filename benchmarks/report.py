"""A benchmark's figures: printed as they come, written as JSON at the end."""

import json
import platform
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "bench-results"


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` percent of the values lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * int(share) // 100) - 1))]


class Report:
    """Rows of one benchmark."""

    def __init__(self, name: str, title: str) -> None:
        self._name, self._rows, self._notes = name, [], []  # type: str, list[dict[str, Any]], list[str]
        print(f"\n{title}\n{'-' * len(title)}")

    def row(self, what: str, value: float, unit: str) -> None:
        """Print one figure and keep it."""
        self._rows.append({"what": what, "value": value, "unit": unit})
        print(f"  {what:<55}{value:>12.4g} {unit}", flush=True)

    def note(self, text: str) -> None:
        """Print a sentence that the figures need and keep it."""
        self._notes.append(text)
        print(f"  {text}", flush=True)

    def write(self) -> None:
        """Write all rows to ``bench-results/<name>.json``."""
        RESULTS.mkdir(exist_ok=True)
        content = {
            "benchmark": self._name,
            "machine": platform.machine(),
            "python": platform.python_version(),
            "notes": self._notes,
            "rows": self._rows,
        }
        (RESULTS / f"{self._name}.json").write_text(json.dumps(content, indent=1))
