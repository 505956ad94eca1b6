"""What the worklet puts out is what the bounce of the stream holds, sample by sample, whatever hands, networks and workers do."""

import contextlib
import os
import random
import signal
import threading
from collections.abc import Callable

import numpy as np
import pytest
from helpers.cable import Cable
from helpers.chromium import RATE, Console, heard_and_bounced
from helpers.serving import Server

RECORDED = "record=90"
PCM = f"{RECORDED}&codec=pcm-f32"


def check_equal(console: Console, seconds: float, kept: float = 0.9) -> None:
    """All that was put out, but for the listener's own fades and what it reported late, equals the bounce bit for bit."""
    recording, bounce, judged = heard_and_bounced(console)
    assert len(recording.at) > seconds * RATE
    assert np.all(np.diff(recording.at[judged]) > 0), "a frame was played twice"
    assert np.abs(recording.audio).max() > 0.01
    assert judged.mean() > kept
    wrong = judged & np.any(recording.audio != bounce, axis=1)
    places = recording.at[wrong]
    most = np.abs(recording.audio - bounce)[wrong].max(initial=0.0)
    assert not wrong.any(), (
        f"{len(places)} frames differ, {places.min()} to {places.max()}, by up to {most}; "
        f"{console.page.evaluate('window.stemwire.joins()')}"
    )


def turn(console: Console, dice: random.Random, track: str) -> None:
    """Turn something: by the mouse or by keys."""
    knob = dice.choice(["Fader", "Pan", "Trim", "Reverb send"])
    if dice.random() < 0.5:
        console.drag(f"{track} {knob}", dice.uniform(-60, 60))
        return
    console.slider(f"{track} {knob}").focus()
    for _ in range(dice.randrange(1, 6)):
        console.page.keyboard.press(dice.choice(["ArrowUp", "ArrowDown", "PageDown", "PageUp"]))


def switch(console: Console, dice: random.Random, track: str) -> None:
    """Mute or solo, undo or redo."""
    match dice.choice(["mute", "solo", "undo", "redo"]):
        case "undo":
            console.page.keyboard.press("Control+z")
        case "redo":
            console.page.keyboard.press("Control+Shift+z")
        case kind:
            console.page.get_by_role("button", name=f"{kind.title()} {track}", exact=True).click()


def move(console: Console, dice: random.Random, _track: str) -> None:
    """Jump, set or clear a cycle, rest for a moment, stop and start again."""
    match dice.choice(["seek", "loop", "unloop", "pause", "stop"]):
        case "seek":
            console.click_song(dice.uniform(0.05, 0.7))
        case "loop":
            start = dice.uniform(0.05, 0.6)
            console.draw_loop(start, start + dice.uniform(0.05, 0.3))
        case "unloop":
            if console.page.get_by_role("button", name="Cycle").get_attribute("aria-pressed") == "true":
                console.page.keyboard.press("c")
        case "pause":
            console.rest()
            console.press_play()
        case _:
            console.page.keyboard.press(".")
            console.until(lambda: console.state("transport") == "stopped" and not console.state("running"))
            console.press_play()


def perform(console: Console, seed: int, turns: int) -> None:
    """Random hands, for so many turns."""
    dice = random.Random(seed)
    tracks = console.tracks()
    for _ in range(turns):
        if console.state("transport") == "ended":  # a slow machine may hear all of the song before the hands are done
            console.press_play()
        dice.choice([turn, turn, switch, move, move])(console, dice, dice.choice(tracks))
        console.page.wait_for_timeout(dice.uniform(50, 500))


def test_unedited_playback_is_the_bounce_of_the_song(new_song: Callable[..., Console]) -> None:
    """Played from the start without touching anything, the worklet's output equals the bounce of the revision."""
    console = new_song(PCM)
    console.press_play()
    console.until(lambda: console.state("playhead") > 3 * RATE)
    console.rest()
    revision = console.call("GET", f"/projects/{console.state('project')}")["revision"]["id"]
    recording, song = console.recording(), console.bounced(revision=revision)
    plain = ~recording.faded
    assert recording.at[0] == 0
    assert np.array_equal(recording.audio[plain], song[recording.at[plain]])


@pytest.mark.parametrize("seed", [1, 2])
def test_what_hands_do_is_heard_as_it_is_bounced(new_song: Callable[..., Console], seed: int) -> None:
    """Knobs, keys, jumps, cycles, pauses and stops at random: what was put out equals the bounce of the stream, bit for bit."""
    console = new_song(PCM)
    console.press_play()
    perform(console, seed, 14)
    if console.state("transport") == "playing":
        console.rest()
    check_equal(console, 5, kept=0.5)


def test_opus_is_heard_within_the_codec(visit: Callable[..., Console]) -> None:
    """As Opus the output is the bounce within the codec's noise, in place to the sample, knobs turning all the while."""
    console = visit(f"{RECORDED}&codec=opus")
    console.press_play()
    for _ in range(6):
        console.drag("Drums Fader", -40)
        console.page.wait_for_timeout(300)
        console.drag("Drums Fader", 40)
        console.page.wait_for_timeout(300)
    console.rest()
    recording, bounce, judged = heard_and_bounced(console)
    judged &= recording.at >= recording.at[0] + RATE // 10
    heard, wanted = recording.audio[judged].astype(np.float64), bounce[judged].astype(np.float64)
    assert len(heard) > 4 * RATE
    noise_db = 10 * np.log10(np.sum((heard - wanted) ** 2) / np.sum(wanted**2))
    assert noise_db < -12, noise_db
    shifts = range(-4, 5)
    match = [np.sum(heard[8:-8] * np.roll(wanted, shift, axis=0)[8:-8]) for shift in shifts]
    assert shifts[int(np.argmax(match))] == 0


def test_killed_workers_are_not_heard(new_song: Callable[..., Console], server: Server) -> None:
    """All render workers die by SIGKILL again and again while a fader is dragged: the output still equals the bounce."""
    console = new_song(PCM)
    console.page.keyboard.press("c")
    console.press_play()
    done, killed = threading.Event(), []

    def kill() -> None:
        while not done.wait(0.25):
            for worker in server.workers():
                with contextlib.suppress(ProcessLookupError):  # it died of another cause, or is not buried yet
                    os.kill(worker, signal.SIGKILL)
                    killed.append(worker)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        turns = 0
        while turns < 8 or len(killed) < 4:
            console.drag(f"{console.tracks()[0]} Fader", 40 if turns % 2 == 0 else -40, steps=20)
            turns += 1
    finally:
        done.set()
        killer.join()
    console.rest()
    check_equal(console, 2, kept=0.5)


def test_a_cut_line_comes_back_and_nothing_is_lost(new_song: Callable[..., Console], server: Server) -> None:
    """The network is cut while playing: the console says so, keeps edits, resumes; what it put out equals the bounce."""
    with Cable(server.port) as cable:
        console = new_song(PCM, url=cable.url)
        track = console.tracks()[0]
        line = console.page.get_by_role("button", name="Line to the server")
        console.page.keyboard.press("c")
        console.press_play()
        for _ in range(2):
            console.until(lambda: console.state("buffered") > RATE)
            cable.cut()
            console.until(lambda: console.state("line") != "open")
            console.until(lambda: "Live" not in (line.get_attribute("aria-label") or ""))
            console.slider(f"{track} Fader").focus()
            console.page.keyboard.press("PageDown")
            cable.mend()
            console.until(lambda: console.state("line") == "open" and console.state("running"))
            console.until(lambda: "Live" in (line.get_attribute("aria-label") or ""))
            console.page.wait_for_timeout(700)
        console.rest()
        check_equal(console, 2, kept=0.5)
        mix = console.call("GET", f"/projects/{console.state('project')}")["mix"]
        assert mix["tracks"][0]["params"]["fader_db"] == -6
        console.problems[:] = [
            problem for problem in console.problems if "ERR_CONNECTION" not in problem and "WebSocket" not in problem
        ]
