"""Rows of meters and of the scope: units, thinning, sharing, bounds."""

import json

import numpy as np
import pytest
from helpers.lines import seat as sit

from dsp.desk.units import LUFS_OF_ONE
from dsp.grid import QUANTUM
from dsp.slot.columns import bus_meter, meter_columns, track_meter
from streaming.desk.room import Person
from streaming.listening.telemetry import MOST_SCOPES, Meters, Telemetry, every
from streaming.render.arena import Arena

QUANTA = 50


@pytest.fixture
def arena():
    """The memory of a stream of 8 tracks."""
    arena = Arena(8, 1, QUANTA * QUANTUM)
    yield arena
    arena.close()


@pytest.fixture
def seat():
    """A listener's place."""
    return sit("l1", Person("ada", "Ada", "controller"))[0]


def test_every():
    """Quanta for each row: 50 a second are the most."""
    assert [every(hz) for hz in (60, 50, 25, 10, 1)] == [1, 1, 2, 5, 50]


def test_units(arena):
    """Levels come in dB, powers in LUFS, the rest as it is, all rounded as they are read; nothing is below -120."""
    row = np.zeros(meter_columns(8), np.float32)
    row[track_meter("rms", 3, 8)], row[track_meter("gain_reduction_db", 2, 8)] = 0.5, 3.04
    for name, value in (
        ("true_peak_l", 1.0),
        ("short_term", 0.01),
        ("correlation", -0.456),
        ("range_lu", 7.26),
        ("max_true_peak", 2.0),
    ):
        row[bus_meter(f"master/{name}", 8)] = value
    arena.write_meters(0, row)
    ((frame, told),) = Meters(arena).rows(0, 1, 1)
    assert frame == 0
    assert (told[track_meter("rms", 3, 8)], told[track_meter("gain_reduction_db", 2, 8)]) == (-6.0, 3.0)
    names = ("true_peak_l", "short_term", "correlation", "range_lu", "max_true_peak", "integrated", "peak_l")
    assert [told[bus_meter(f"master/{name}", 8)] for name in names] == [
        0.0,
        round(LUFS_OF_ONE - 20.0, 1),
        -0.46,
        7.3,
        6.0,
        -120.0,
        -120.0,
    ]


def test_thinning(arena):
    """Of several quanta levels and the momentary loudness are the highest, everything else the last."""
    for quantum in range(4):
        arena.write_meters(quantum, np.full(meter_columns(8), (0.1, 1.0, 0.01, 0.001)[quantum], np.float32))
    rows = Meters(arena).rows(0, 4, 2)
    assert [frame for frame, _ in rows] == [0, 2 * QUANTUM]
    first, second = (told for _, told in rows)
    highest = [bus_meter(f"master/{name}", 8) for name in ("peak_l", "rms_r", "true_peak_r", "gain_reduction_db")]
    assert [first[column] for column in highest] == [0.0, 0.0, 0.0, 1.0]
    assert first[bus_meter("master/momentary", 8)] == round(LUFS_OF_ONE, 1)
    latest = [
        bus_meter(f"master/{name}", 8) for name in ("short_term", "integrated", "max_momentary", "max_true_peak", "range_lu")
    ]
    assert [second[column] for column in latest] == [*[round(LUFS_OF_ONE - 30.0, 1)] * 3, -60.0, 0.0]


def test_who_asked_for_nothing_is_told_nothing(arena, seat):
    """No meters and no scope unasked."""
    assert list(Telemetry(arena).due(seat, 20 * QUANTUM, {})) == []


def test_rows_follow_what_was_sent(arena, seat):
    """Whole rows up to the audio that was sent, each once; scopes are stamped with the frame up to which they go."""
    telemetry = Telemetry(arena)
    seat.meters_hz, seat.scope_hz = 25, 10
    told = [json.loads(line) for sent in (9, 10, 12) for line in telemetry.due(seat, sent * QUANTUM + 7, {})]
    meters = [row[0] for line in told if line["type"] == "meters" for row in line["rows"]]
    scopes = [row for line in told if line["type"] == "scope" for row in line["rows"]]
    assert meters == [k * QUANTUM for k in range(0, 12, 2)]
    assert [row[0] for row in scopes] == [5 * QUANTUM, 10 * QUANTUM]
    assert [(len(bands), len(points)) for _, bands, points in scopes] == [(31, 64)] * 2


def test_lines_are_made_once_for_all(arena, seat):
    """Two listeners of one rate share a line."""
    telemetry, said = Telemetry(arena), {}
    other, _ = sit("l2", Person("bob", "Bob", "listener"))
    for each in (seat, other):
        each.meters_hz = each.scope_hz = 50
    ours, theirs = (list(telemetry.due(each, 4 * QUANTUM, said)) for each in (seat, other))
    assert [id(line) for line in ours] == [id(line) for line in theirs]
    assert len(said) == 2


def test_debts_are_paid_bit_by_bit(arena, seat):
    """Who is owed many scopes gets a bounded number at a time, in order, and what the rings no longer hold is left out."""
    telemetry = Telemetry(arena)
    seat.scope_hz = 50
    frames = []
    for _ in range(7):
        for line in telemetry.due(seat, 2 * QUANTA * QUANTUM, {}):
            rows = json.loads(line)["rows"]
            assert len(rows) == MOST_SCOPES
            frames += [row[0] for row in rows]
    assert frames == [(k + 1) * QUANTUM for k in range(QUANTA, 2 * QUANTA)]
