import asyncio
import os
import select
import signal

import pytest
import pytest_asyncio
from helpers.descriptors import children, open_descriptors
from helpers.waiting import until

from streaming.render import nursery
from streaming.render.nursery import Nursery, ZygoteFailed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair():
    """A nursery with a zygote that serves and one that stands by."""
    pair = Nursery(["5", ""])
    await pair.start()
    yield pair
    await pair.aclose()


class Births:
    """Keeps what is born, and lets go of it."""

    def __init__(self):
        self.ends, self.processes = [], []

    def __call__(self, end, process):
        self.ends.append(end)
        self.processes.append(process)

    def __len__(self):
        return len(self.ends)

    def close(self):
        for end, process in zip(self.ends, self.processes, strict=True):
            end.close()
            process.close()


@pytest.fixture
def births():
    """Workers of one test."""
    births = Births()
    yield births
    births.close()


async def test_workers_are_born_on_demand(pair, births):
    """Each request brings one process, below the server's priority."""
    for _ in range(3):
        pair.fork(births)
    await until(lambda: len(births) == 3)
    workers = children(pair.pids[0])
    assert len(workers) >= 3
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in workers} == {5 + os.getpriority(os.PRIO_PROCESS, 0)}


def has_ended(process):
    """Whether a process is dead."""
    return bool(select.select([process], [], [], 0)[0])


async def test_a_worker_ends_with_its_socket(pair, births):
    """Nothing more is needed to be rid of one: nobody else holds its socket open, and its younger sibling lives on."""
    for _ in range(2):
        pair.fork(births)
    await until(lambda: len(births) == 2)
    # Not by counting children: workers of the test before this one may still be dying.
    births.ends[0].close()
    await until(lambda: has_ended(births.processes[0]))
    assert not has_ended(births.processes[1])


async def test_the_one_that_stands_by_takes_over(pair, births):
    """Requests that the dead zygote did not answer are answered by the next, and another stands by again."""
    await until(lambda: len(pair.pids) == 2)
    first, second = pair.pids
    os.kill(first, signal.SIGSTOP)
    pair.fork(births)
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(births) == 1)
    assert pair.pids[0] == second
    assert len(children(second)) == 1
    await until(lambda: len(pair.pids) == 2)


@pytest.mark.parametrize("place", [0, 1])
async def test_another_is_started_the_moment_one_is_gone(pair, place):
    """The next to stand by waits for nothing: it is on its way as soon as a death is noticed, whichever of the two died."""
    await until(lambda: len(pair.pids) == 2 and all(zygote.is_ready for zygote in pair._zygotes))
    seen = []

    def gone(zygote):
        pair._gone(zygote)
        seen.append(len(pair.pids))

    for zygote in pair._zygotes:
        zygote._gone = gone
    os.kill(pair.pids[place], signal.SIGKILL)
    await until(lambda: seen)
    assert seen == [2]


async def test_a_hung_zygote_is_replaced(pair, births, monkeypatch):
    """One that does not fork within the limit is killed, and the request goes to the other."""
    await until(lambda: len(pair.pids) == 2)
    monkeypatch.setattr(nursery, "FORK_LIMIT_S", 0.2)
    os.kill(pair.pids[0], signal.SIGSTOP)
    pair.fork(births)
    monkeypatch.undo()  # the other one may take its time
    await until(lambda: len(births) == 1)


async def test_requests_wait_while_there_is_no_zygote(pair, births):
    """With both gone, workers come as soon as a new one has loaded the kernels."""
    await until(lambda: len(pair.pids) == 2)
    for pid in pair.pids:
        os.kill(pid, signal.SIGKILL)
    pair.fork(births)
    await until(lambda: len(births) == 1)


async def test_a_zygote_that_cannot_start_is_an_error(pair):
    """Starting fails with a sentence, and leaves nothing behind."""
    await until(lambda: len(pair.pids) == 2)
    descriptors, processes = open_descriptors(), children(os.getpid())
    broken = Nursery(["5", "/nowhere/libopus.so"])
    with pytest.raises(ZygoteFailed, match="ended with code 1 before its kernels were loaded"):
        await broken.start()
    await broken.aclose()
    assert open_descriptors() <= descriptors
    assert children(os.getpid()) <= processes


async def test_closing_while_it_starts_leaves_nothing(pair):
    """A nursery closed before its zygote is ready ends it."""
    await until(lambda: len(pair.pids) == 2)
    descriptors, processes = open_descriptors(), children(os.getpid())
    young = Nursery(["5", ""])
    start = asyncio.ensure_future(young.start())
    await until(lambda: young.pids)
    start.cancel()
    await young.aclose()
    assert open_descriptors() <= descriptors
    assert children(os.getpid()) <= processes
