"""What this process holds of the machine: descriptors and children."""

import os
from collections import Counter
from pathlib import Path


def open_descriptors() -> Counter[str]:
    """What the open descriptors point to, without numbers that differ from one to the next of a kind."""
    found: Counter[str] = Counter()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue  # the one that listed the folder
        found[target.split(":")[0]] += 1
    return found


def memory_files(pid: int) -> int:
    """How many memfds a process holds open or mapped."""
    descriptors = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return sum("memfd:" in line for line in (*descriptors, *maps))


def descendants(pid: int) -> set[int]:
    """All processes below this one."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    wanted = [pid]
    while wanted:
        below = children.get(wanted.pop(), [])
        found.update(below)
        wanted.extend(below)
    return found
