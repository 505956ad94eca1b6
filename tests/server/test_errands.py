"""Errands: a child is followed to its end, started again when it dies, and never left behind."""

import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from server import errands
from server.errands import DEATHS, Errand
from streaming.errand import Refused

Write = Callable[[str], str]


class Stop(Exception):
    """Not wanted any more."""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Have errands run a program of the test's, which finds its folder in ``folder``; returns that folder."""

    def write(program: str) -> str:
        file = tmp_path / "child.py"
        file.write_text(f"import os, pathlib, sys, time\nfolder = pathlib.Path({str(tmp_path)!r})\nsys.stdin.read()\n{program}")
        monkeypatch.setattr(errands, "command", lambda _module: (sys.executable, str(file)))
        return str(tmp_path)

    return write


def runs(folder: str) -> int:
    """How many children have run."""
    return len(list(Path(folder).glob("run*")))


async def wanted(_progress: float) -> None:
    """It is."""


async def test_a_result_is_returned(child: Write) -> None:
    """What the last line says; what came before is progress."""
    child("""print('{"progress": 0.25}', flush=True)\nprint('{"result": {"frames": 7}}', flush=True)""")
    errand = Errand("x", {}, wanted)
    assert await errand.run() == {"frames": 7}
    assert errand.progress == 0.25


async def test_a_refusal_is_raised(child: Write) -> None:
    """With its code and sentence."""
    child("""print('{"code": "disk_full", "detail": "No room."}', flush=True)""")
    with pytest.raises(Refused) as refused:
        await Errand("x", {}, wanted).run()
    assert (refused.value.code, refused.value.detail) == ("disk_full", "No room.")


async def test_a_child_that_dies_is_started_again(child: Write) -> None:
    """As long as it gets further, any number of times."""
    folder = child(
        """
n = len(list(folder.glob("run*")))
(folder / f"run{n}").touch()
print('{"progress": %f}' % (n / 10), flush=True)
if n < 7: os.kill(os.getpid(), 9)
print('{"result": {}}', flush=True)
"""
    )
    assert await Errand("x", {}, wanted).run() == {}
    assert runs(folder) == 8


async def test_a_child_that_gets_nowhere_is_given_up(child: Write) -> None:
    """After a few deaths at the same place."""
    folder = child("""(folder / f"run{len(list(folder.glob('run*')))}").touch()\nos.kill(os.getpid(), 9)""")
    with pytest.raises(Refused) as refused:
        await Errand("x", {}, wanted).run()
    assert refused.value.code == "render_failed"
    assert runs(folder) == DEATHS + 1


async def test_unwanted_work_ends_at_once(child: Write) -> None:
    """When nobody wants it any more, the child is killed and gone before the error is seen."""
    folder = child("""(folder / "pid").write_text(str(os.getpid()))\ntime.sleep(600)""")

    async def look(_progress: float) -> None:
        if (Path(folder) / "pid").exists():
            raise Stop

    with pytest.raises(Stop):
        await Errand("x", {}, look).run()
    assert not psutil.pid_exists(int((Path(folder) / "pid").read_text()))


async def test_a_silent_child_is_given_up(child: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing for too long is killed."""
    monkeypatch.setattr(errands, "STALL_S", 0.2)
    child("time.sleep(600)")
    with pytest.raises(Refused) as refused:
        await Errand("x", {}, wanted).run()
    assert refused.value.code == "render_stalled"
