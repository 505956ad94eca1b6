"""What a server holds of the machine, seen from outside."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from helpers.descriptors import descriptors


def own_memory(process: psutil.Process) -> int:
    """Bytes of a process's heaps and stacks, counted page by page.

    Its resident size would not do: it has pages of arenas and of program code, which come when they are first touched.
    """
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith(("Anonymous:", "Swap:")))


@dataclass
class Holdings:
    """What a server holds: descriptors by what they are, threads and children; connections of its database apart.

    Those are pooled: whoever stores a log while another reads opens one more, once, and each brings a thread along.
    """

    descriptors: Counter[str]
    threads: int
    children: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Holdings":
        """What it holds now."""
        found = Counter(descriptors(process.pid))
        pooled = {name: found.pop(name) for name in list(found) if "/data/stemwire.db" in name}
        connections = max(pooled.values(), default=0)
        return cls(found, process.num_threads() - connections, len(process.children(recursive=True)))

    def exceeds(self, before: "Holdings") -> bool:
        """Whether there is anything that was not there before."""
        more = self.descriptors - before.descriptors
        return bool(more) or self.threads > before.threads or self.children > before.children
