import asyncio
import os
import signal
import subprocess
import sys

import pytest
from helpers.waiting import until

from streaming.render import channel, crew
from streaming.render.crew import Crew
from streaming.render.process import PidfdProcess

RENDERS = "import sys, socket; end = socket.socket(fileno=int(sys.argv[1]))\nwhile end.recv(9): end.send(b'done')"
DIES = "pass"
HANGS = "import time; time.sleep(600)"


class Programs:
    """A nursery whose workers are small programs."""

    def __init__(self, program):
        self.program, self.forks, self.processes = program, 0, []

    async def start(self):
        """Nothing to load."""

    def fork(self, born):
        """Start the program on a socket."""
        self.forks += 1
        ours, theirs = channel.pair()
        with theirs:
            command = [sys.executable, "-I", "-S", "-c", self.program, str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self.processes.append(process)
        born(ours, PidfdProcess(os.pidfd_open(process.pid)))

    async def aclose(self):
        """Bury the programs."""
        for process in self.processes:
            process.wait()


class Events:
    """What a crew has told."""

    def __init__(self):
        self.free, self.replies, self.dead = 0, [], []

    def born(self):
        """Count one more free worker."""
        self.free += 1


@pytest.fixture
async def hire(request):
    """Starts a crew of workers that run a program; closes it in the end."""
    crews = []

    async def start(program, size=1):
        events = Events()
        replied = lambda _, message: events.replies.append(message)  # noqa: E731
        made = Crew(size, Programs(program), free=events.born, replied=replied, died=events.dead.append)
        crews.append(made)
        await made.start()
        return made, events

    yield start
    for made in crews:
        await made.aclose()


async def test_a_worker_replies_and_is_free_again(hire):
    """Work is taken by a free worker, who is free again with its reply."""
    made, events = await hire(RENDERS, size=2)
    worker = made.take(60.0)
    worker.send(b"work")
    assert made.idle == 1
    await until(lambda: events.replies)
    assert (events.replies, made.idle, worker.replies) == ([b"done"], 2, 1)


async def test_a_worker_that_overruns_its_limit_is_killed(hire):
    """It is told as dead and replaced."""
    made, events = await hire(HANGS)
    worker = made.take(0.05)
    await until(lambda: events.dead)
    assert (events.dead, made.overruns, made.deaths, made.idle) == ([worker], 1, 1, 1)


async def test_a_message_that_nobody_asked_for_is_the_end(hire):
    """A worker that speaks out of turn cannot be trusted."""
    program = "import sys, socket; socket.socket(fileno=int(sys.argv[1])).send(b'boo'); sys.stdin.read()"
    _, events = await hire(program)
    await until(lambda: events.dead)


async def test_workers_that_never_live_are_replaced_ever_more_slowly(hire, monkeypatch):
    """A few are replaced at once, then pauses grow: a broken installation does not fork without end."""
    monkeypatch.setattr(crew, "_MAX_PAUSE_S", 600.0)
    monkeypatch.setattr(crew, "_PAUSE_S", 300.0)
    made, events = await hire(DIES)
    await until(lambda: len(events.dead) == 4)
    assert (made._nursery.forks, made.idle) == (4, 0)


async def test_sending_to_the_dead_is_noticed_not_raised(hire):
    """A worker that died a moment ago looks free until its death is read."""
    made, events = await hire(HANGS)
    worker = made.take(60.0)
    worker.kill()
    made._nursery.processes[0].wait()
    worker.send(b"work")
    await until(lambda: events.dead)
    assert events.dead == [worker]


async def test_a_worker_that_is_born_while_the_crew_is_closed_is_ended():
    """Closing waits for none that is still on its way, and leaves none behind."""
    program, asked = Programs(HANGS), []
    program.born, program.fork = program.fork, asked.append
    made = Crew(2, program, free=print, replied=print, died=print)
    await made.start()
    program.born(asked[0])
    closing = asyncio.ensure_future(made.aclose())
    await asyncio.sleep(0)
    program.born(asked[1])
    await asyncio.wait_for(closing, 30)
    assert [process.wait(30) for process in program.processes] == [-signal.SIGKILL] * 2
    assert not made.workers
