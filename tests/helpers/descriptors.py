"""What a process holds of the machine: descriptors, memory files and children."""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path


def descriptors(pid: int) -> list[str]:
    """What a process's open descriptors point to, without the numbers in which two of a kind differ; none when it is gone."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile, or is the one that lists the folder
                found.append(str(descriptor.readlink()).split(":")[0])
    return found


def open_descriptors() -> Counter[str]:
    """What this process's open descriptors point to."""
    return Counter(descriptors(os.getpid()))


def memory_files(pid: int) -> int:
    """How many memfds a process holds open or mapped; one that is gone holds none."""
    maps: list[str] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return sum("memfd:" in line for line in maps) + descriptors(pid).count("/memfd")


def children(pid: int) -> set[int]:
    """The processes that a process has started and that still live."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            found.add(int(stat.parent.name))
    return found


def grandchildren(pid: int) -> set[int]:
    """The processes that those have started in turn."""
    return {below for child in children(pid) for below in children(child)}
