"""The delay: against a reference written from its definition, its cuts, sides, changes of time, and how it rests."""

import math

import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo
from numpy.typing import NDArray

from dsp.desk.params import DELAY_FRAMES
from dsp.grid import LATENCY, QUANTUM, RATE, STRIP_DELAY, TILE
from dsp.render import ENDS_AFTER
from dsp.slot.columns import bus_meter
from dsp.slot.layout import ECHO_LEFT, LONGEST_ECHO

Settings = dict[str, float]
REST: Settings = {
    "frames": 1_000.0, "feedback": 0.5, "ping_pong": 0.0, "highpass_hz": 150.0, "lowpass_hz": 6_000.0, "width": 1.0,
    "return_db": 0.0,
}  # fmt: skip
OPEN = {"highpass_hz": 20.0, "lowpass_hz": 20_000.0}


def desk(settings: Settings) -> Settings:
    """A console's settings with everything sent to the delay."""
    return {"0/send/2/level_db": 0.0} | {f"delay/{name}": value for name, value in (REST | settings).items()}


def echoes(stem: Audio, settings: Settings, rows: list[tuple[int, str, float, int]] | None = None) -> Audio:
    """The delay alone: with the send minus without it."""
    wet = Console([stem], desk(settings), events=events(rows or []))
    return wet.play(len(stem)) - Console([stem]).play(len(stem))


def first_order(x: NDArray[np.float64], hertz: float, is_high: bool) -> NDArray[np.float64]:
    """A bilinear filter of first order, from its transfer function."""
    g = math.tan(math.pi * hertz / RATE)
    y, before, out = 0.0, 0.0, np.zeros_like(x)
    for n, value in enumerate(x):
        y = ((value - before) if is_high else g * (value + before)) / (1 + g) + (1 - g) / (1 + g) * y
        before, out[n] = value, y
    return out


def reference(stem: Audio, settings: Settings) -> NDArray[np.float64]:
    """Echo by echo, in float64: every pass through the lines is delayed, cut, fed back and swapped as a whole."""
    s = REST | settings
    send, gain = stem.astype(float), 10 ** (s["return_db"] / 20)
    own, sides = 1 - s["ping_pong"], s["ping_pong"]
    line = own * send
    line[:, 0] += sides * math.sqrt(0.5) * send.sum(axis=1)
    total = np.zeros_like(send)
    frames = int(s["frames"])
    for _ in range(len(stem) // frames):
        line = np.concatenate([np.zeros((frames, 2)), line[:-frames]])
        for side in range(2):
            line[:, side] = first_order(first_order(line[:, side], s["highpass_hz"], True), s["lowpass_hz"], False)
        total += line
        line = s["feedback"] * (own * line + sides * line[:, ::-1])
    same, cross = 0.5 * (1 + s["width"]), 0.5 * (1 - s["width"])
    return gain * (same * total + cross * total[:, ::-1])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ping_pong": 1.0, "feedback": 0.95},
        {"ping_pong": 0.3, "width": 0.4, "return_db": -6.0},
        {"frames": DELAY_FRAMES.low, "highpass_hz": 2_000.0, "lowpass_hz": 500.0},
        {"frames": 777.0, **OPEN, "feedback": 0.9},
        {"feedback": 0.0, "width": 0.0},
    ],
)
def test_it_is_what_its_definition_says(settings: Settings) -> None:
    """Against float64 the error stays 110 dB below the loudest echo."""
    stem = np.concatenate([noise(4_000, 1), np.zeros((6_000, 2), np.float32)])
    wanted = reference(stem, settings)
    error = np.abs(echoes(stem, settings) - wanted).max() / np.abs(wanted).max()
    assert error < 10 ** (-110 / 20)


@pytest.mark.parametrize("frames", [480.0, 481.0, 511.0, 512.0, 18_000.0, 47_999.0, 96_000.0])
def test_echoes_come_after_their_time_to_the_frame(frames: float) -> None:
    """An impulse is repeated after exactly the delay, not a frame off."""
    stem = np.zeros((int(2 * frames) + 100, 2), np.float32)
    stem[10] = 0.5
    heard = echoes(stem, {"frames": frames, "lowpass_hz": 20_000.0})
    assert not heard[: 10 + int(frames)].any()
    assert np.argmax(np.abs(heard[:, 0])) == 10 + int(frames)


def test_ping_pong_changes_sides() -> None:
    """Whatever side a sound is on, echoes come on the left, the right, the left ..., and no sound from both at once."""
    stem = np.zeros((6_000, 2), np.float32)
    stem[:50, 1] = 0.5
    heard = np.abs(echoes(stem, {"ping_pong": 1.0, "frames": 1_000.0, "highpass_hz": 2_000.0, "lowpass_hz": 20_000.0}))
    loud = [heard[start : start + 900].max(axis=0) for start in range(1_000, 6_000, 1_000)]
    assert [bool(left > 100 * right) for left, right in loud] == [True, False] * 2 + [True]
    assert all(max(pair) > 100 * min(pair) for pair in loud)


@pytest.mark.parametrize("hertz", [50.0, 150.0, 1_000.0, 6_000.0, 12_000.0])
def test_cuts_are_the_analytic_ones(hertz: float) -> None:
    """The level of the first echo of a sine follows both transfer functions within 0.01 dB."""
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE) * 0.3
    heard = echoes(stereo(tone), {"frames": 24_000.0, "feedback": 0.0})
    k = 1j * math.tan(math.pi * hertz / RATE)
    low, high = (math.tan(math.pi * corner / RATE) for corner in (150.0, 6_000.0))
    wanted = abs(k / (k + low) * high / (k + high))
    found = math.sqrt(2.0) * heard[36_000:, 0].astype(float).std() / 0.3
    assert 20 * math.log10(found / wanted) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value", "glide"),
    [("frames", 30_001.0, 15), ("frames", 480.0, 15), ("ping_pong", 1.0, 15), ("feedback", 0.0, 15), ("width", 0.0, 15),
     ("return_db", -90.0, 15), ("highpass_hz", 500.0, 30), ("lowpass_hz", 500.0, 30)],
)  # fmt: skip
def test_changes_do_not_click(name: str, value: float, glide: int) -> None:
    """When anything moves while a low tone is repeated, nothing is heard above the tone that was not heard before."""
    tone = stereo(0.3 * np.sin(2 * np.pi * 100.0 * np.arange(2 * RATE) / RATE))
    at = RATE + 17 * TILE
    heard = echoes(tone, {"frames": 9_000.0, **OPEN}, [(at + LATENCY, f"delay/{name}", value, glide)])
    sharp = np.abs(np.diff(heard.astype(float), 3, axis=0)).max(axis=1)
    assert not np.array_equal(heard, echoes(tone, {"frames": 9_000.0, **OPEN}))
    assert sharp[at - 100 : at + 9_000].max() < 0.0008  # a step of 1 % of the tone would be 0.006


def test_another_time_is_faded_to() -> None:
    """30 ms after a change echoes come from the new place only, as if it had always been there; changes meanwhile wait."""
    stem = noise(RATE, 3)
    rows = [(19_200 + LATENCY, "delay/frames", 2_000.0, 15), (19_840 + LATENCY, "delay/frames", 3_000.0, 15)]
    settings = {"feedback": 0.0, **OPEN}
    short, long = (echoes(stem, settings | {"frames": frames}) for frames in (2_000.0, 3_000.0))
    moved = echoes(stem, settings, rows)
    fade = 45 * TILE
    assert np.abs(moved[:19_200] - echoes(stem, settings)[:19_200]).max() == 0.0
    between = slice(19_200 + fade - TILE, 19_200 + fade)
    assert np.abs(moved[between] - short[between]).max() < 0.1 < np.abs(moved[between] - long[between]).max()
    assert np.allclose(moved[19_200 + 2 * fade + 2_000 :], long[19_200 + 2 * fade + 2_000 :], rtol=0, atol=1e-5)


def test_it_rests_when_nothing_is_left() -> None:
    """After the last echo it stops running; what it is fed then sounds as it did the first time, bit for bit."""
    burst = np.zeros((6 * RATE // TILE * TILE, 2), np.float32)
    burst[:960] = noise(960)
    stem = np.concatenate([burst, burst])
    console = Console([stem], desk({"feedback": 0.2}))
    first = console.render(len(burst))
    assert console.state64[ECHO_LEFT] == 0.0
    assert np.array_equal(console.render(len(burst)), first)


def test_it_does_not_run_unless_it_is_fed() -> None:
    """Without a send nothing of the rings is touched."""
    console = Console([noise(9_600)], {"delay/feedback": 0.95})
    console.render(9_600)
    assert (console.rings == 3.0).all()
    assert console.state64[ECHO_LEFT] == 0.0


@pytest.mark.parametrize("frames", [9_000.0, LONGEST_ECHO])
def test_a_song_does_not_end_between_two_echoes(frames: float) -> None:
    """However long the silence between them, all echoes above -100 dB are heard; then the song ends within a second."""
    stem = np.zeros((2_000, 2), np.float32)
    stem[:] = 0.3 * np.sin(np.arange(2_000) / 10.0)[:, None]
    console = Console([stem], desk({"frames": float(frames), "feedback": 0.05}), ends_at=2_000)
    heard = console.render(20 * LONGEST_ECHO)
    last = np.flatnonzero((np.abs(heard) >= 1e-5).any(axis=1))[-1]
    assert last > 3 * frames
    assert ENDS_AFTER <= len(heard) - last <= ENDS_AFTER + RATE
    again = Console([stem], desk({"frames": float(frames), "feedback": 0.05}), ends_at=2_000)
    pieces = [again.render(960)]
    while len(pieces[-1]):
        pieces.append(again.render(960))
    assert np.array_equal(np.concatenate(pieces), heard)


def test_echoes_that_do_not_return_do_not_hold_a_song_up() -> None:
    """With the return down a song ends as without the delay."""
    ends = [
        len(Console([noise(2_000)], settings, ends_at=2_000).render(4 * RATE))
        for settings in ({}, desk({"return_db": -90.0, "feedback": 0.9}))
    ]
    assert ends[0] == ends[1]


def test_its_return_has_meters() -> None:
    """A quantum's row holds the peaks of what the delay adds to the mix, which leaves later by the master's delay."""
    stem = noise(9_600)
    settings = {**desk({"return_db": -6.0}), "0/fader_db": -90.0, "0/send/2/pre": 1.0}
    console = Console([stem], settings)
    wet = console.render(9_600)[2 * LATENCY - STRIP_DELAY :]
    row = console.meters[2]
    heard = np.abs(wet[QUANTUM : 2 * QUANTUM]).max(axis=0)
    assert [row[bus_meter(f"delay/peak_{side}", 8)] for side in "lr"] == pytest.approx(heard, rel=1e-5)
    assert heard.min() > 0.01
