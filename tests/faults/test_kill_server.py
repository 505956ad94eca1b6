import os
import signal
import subprocess
import sys

from helpers.descriptors import memory_files
from helpers.tape_player import stems
from helpers.waiting import wait_for_death

SERVER = """
import asyncio, os, sys
from helpers.descriptors import children, grandchildren
from helpers.tape import TRACKS, Tape, whole_clips
from helpers.tape_player import open_tape, render
from helpers.waiting import until
from streaming.render.pool import Pool

async def main():
    pool = Pool(2)
    await pool.start()
    tape = open_tape(pool, sys.argv[1:], 96000)
    await render(pool, tape.step())
    await until(lambda: len(children(os.getpid())) == 2 and len(grandchildren(os.getpid())) == 2)
    print(*children(os.getpid()), *grandchildren(os.getpid()), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_a_killed_server_leaves_nothing(tmp_path):
    """Zygotes, workers (even a stopped one) and shared memory go with a server that was killed outright."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SERVER, *stems(tmp_path, 4, 96_000)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    with server:
        try:
            pids = [int(pid) for pid in server.stdout.readline().split()]
            pidfds = [os.pidfd_open(pid) for pid in pids]
            assert (len(pids), any(memory_files(pid) for pid in pids)) == (4, True)
            os.kill(pids[-1], signal.SIGSTOP)
        finally:
            server.kill()
    wait_for_death(pidfds)
