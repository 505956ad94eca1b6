"""Where a strip's signal goes: every place against a float64 reference, and groups, sends and widths end to end."""

import numba
import numpy as np
import pytest
from helpers.console import Audio, Console, events, noise, stereo

from dsp.desk.params import CLASSES
from dsp.grid import LATENCY, QUANTUM, STRIP_DELAY, TILE
from dsp.routing import buses
from dsp.slot.columns import bus_meter, track_meter
from dsp.slot.layout import BUS_SIZE, PLACES, SKIP

FRAMES = 5 * QUANTUM
STEMS = [noise(FRAMES, seed) for seed in range(8)]
PAST = {f"{lane}/route/0": 0.0 for lane in range(8)}
"""Nothing of any track goes straight into the mix."""


def through(group: int, lanes=range(8)) -> dict[str, float]:
    """Routes of tracks that play through a group."""
    return {f"{lane}/route/{place}": float(place == group) for lane in lanes for place in range(5)}


@numba.njit
def placed(state32, y, scratch):
    """Mix one tile of the first block into every place."""
    buses.mix(state32, BUS_SIZE, y, scratch)


def places(settings: dict[str, float], tile: np.ndarray) -> np.ndarray:
    """What a settled console makes of a tile (frame, lane, side): place, frame, side."""
    console = Console([], settings)
    console.render(TILE)
    y, scratch = tile.astype(np.float32).ravel(), np.zeros(PLACES * 2 * TILE, np.float32)
    placed(console.state32, y, scratch)
    return scratch.reshape(PLACES, TILE, 2)


def panned(law: int, pan: float) -> np.ndarray:
    """Gains of left and right, from the formulas."""
    places = np.array([-pan, pan])
    power, linear = np.sqrt(2) * np.sin((places + 1) * np.pi / 4), 1 + places
    return [power, np.sqrt(power * linear), linear, np.minimum(linear, 1)][law]


def reference(settings: dict[str, float], tile: np.ndarray) -> np.ndarray:
    """The same in float64, written from the signal flow."""
    total = np.zeros((PLACES, TILE, 2))
    for lane in range(8):
        of = {path.partition("/")[2]: value for path, value in settings.items() if path.startswith(f"{lane}/")}
        width, level = of["width"], 10 ** (of["fader_db"] / 20) * of["audible"]
        x = tile[:, lane]
        mid, side = x.mean(axis=1), (x[:, 0] - x[:, 1]) / 2 * width
        y = np.stack([mid + side, mid - side], axis=1) * panned(int(of["pan_law"]), of["pan"])
        for place, route in enumerate([0, None, None, 1, 2, 3, 4]):
            if route is not None:
                total[place] += y * level * of[f"route/{route}"]
        for send in (1, 2):
            taken = of["heard"] if of[f"send/{send}/pre"] else level
            total[send] += y * taken * 10 ** (of[f"send/{send}/level_db"] / 20)
    return total


@pytest.mark.parametrize("seed", range(12))
def test_every_place_gets_what_the_signal_flow_says(seed: int) -> None:
    """Width, pan law, fader, mute, solo, two sends before or after the fader and five routes, at random, to -120 dB."""
    random = np.random.default_rng(seed)
    settings = {}
    for lane in range(8):
        switches = {name: float(random.integers(2)) for name in ("audible", "heard", "send/1/pre", "send/2/pre")}
        levels = {name: random.uniform(-40, 6) for name in ("fader_db", "send/1/level_db", "send/2/level_db")}
        routes = {f"route/{k}": random.choice([0.0, 0.5, 1.0]) for k in range(5)}
        laws = {"width": random.uniform(0, 2), "pan": random.uniform(-1, 1), "pan_law": float(random.integers(4))}
        settings |= {f"{lane}/{name}": value for name, value in {**switches, **levels, **routes, **laws}.items()}
    tile = random.standard_normal((TILE, 8, 2)).astype(np.float32)
    assert np.abs(places(settings, tile) - reference(settings, tile)).max() < 1e-5


@pytest.mark.parametrize(("width", "sides"), [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0), (2.0, 4.0)])
def test_width_scales_the_side_and_leaves_the_middle(width: float, sides: float) -> None:
    """The middle's energy stays, the side's goes with the square of the width; 0 is mono, 1 changes no bit."""
    out = Console([STEMS[0]], {"0/width": width}).play(FRAMES).astype(float)
    stem = STEMS[0].astype(float)
    mid, side = ((stem[:, 0] + sign * stem[:, 1]) for sign in (1, -1))
    assert np.sum((out[:, 0] + out[:, 1]) ** 2) == pytest.approx(np.sum(mid**2), rel=1e-6)
    assert np.sum((out[:, 0] - out[:, 1]) ** 2) == pytest.approx(sides * np.sum(side**2), rel=1e-6)
    if width == 1.0:
        assert np.array_equal(out, stem)


@pytest.mark.parametrize("group", [1, 2, 3, 4])
def test_a_group_at_rest_is_not_heard(group: int) -> None:
    """Eight tracks through one group at 0 dB are the bits of eight tracks past it."""
    assert np.array_equal(Console(STEMS, through(group)).render(FRAMES), Console(STEMS).render(FRAMES))


def test_tracks_in_many_groups_add_up() -> None:
    """Two tracks in each group are the direct sum but for the order of additions: -140 dB at most."""
    spread = {path: v for lane in range(8) for path, v in through(1 + lane % 4, [lane]).items()}
    direct, routed = Console(STEMS).play(FRAMES - LATENCY), Console(STEMS, spread).play(FRAMES - LATENCY)
    assert np.abs(routed - direct).max() < 1e-6
    assert np.sqrt(np.mean((routed - direct).astype(float) ** 2) / np.mean(direct.astype(float) ** 2)) < 1e-7


def test_a_group_has_a_fader_and_a_mute() -> None:
    """The group's gain is that of its tracks together, and of no other's; not audible, it is silent."""
    half = through(2, range(4))
    out = Console(STEMS, {**half, "group1/fader_db": -6.0, "group0/fader_db": -90.0}).play(FRAMES - LATENCY)
    want = np.sum(STEMS[:4], axis=0, dtype=float) * 10 ** (-6 / 20) + np.sum(STEMS[4:], axis=0, dtype=float)
    assert np.allclose(out, want[: len(out)], rtol=0, atol=1e-6)
    muted = Console(STEMS, {**half, "group1/audible": 0.0}).play(FRAMES - LATENCY)
    assert np.allclose(muted, np.sum(STEMS[4:], axis=0)[: len(out)], rtol=0, atol=1e-6)


def test_all_ways_into_the_mix_are_equally_long() -> None:
    """A track and its opposite through a group cancel to nothing, whatever the group: buses are aligned to the sample."""
    pair = [STEMS[0], -STEMS[0]]
    for group in (1, 4):
        assert not Console(pair, through(group, [1])).render(FRAMES).any()


def test_a_group_has_meters() -> None:
    """Peaks and RMS of a group are those of what it puts into the mix; of one that nobody plays through, silence."""
    console = Console([STEMS[0]], {**through(3, [0]), "group2/fader_db": -6.0, "0/pan": 0.4})
    out = console.render(FRAMES + LATENCY)[LATENCY:]
    ahead = LATENCY - STRIP_DELAY  # a group's meters read what enters the master, which leaves it later
    frames = out[ahead : ahead + QUANTUM].astype(float)
    row = console.meters[1]
    found = [row[bus_meter(f"group/3/{name}", 8)] for name in ("peak_l", "peak_r", "rms")]
    assert np.allclose(found, [*np.abs(frames).max(axis=0), np.sqrt((frames**2).mean())], rtol=1e-5)
    assert row[track_meter("rms", 0, 8)] == pytest.approx(found[2] * 10 ** (6 / 20), rel=1e-5)
    assert not any(row[bus_meter(f"group/{group}/{name}", 8)] for group in (1, 2, 4) for name in ("peak_l", "peak_r", "rms"))


def wet(settings: dict[str, float]) -> Audio:
    """Only what the first send makes audible."""
    return Console([STEMS[0]], {**PAST, "0/send/1/level_db": -6.0, **settings}).render(FRAMES)


@pytest.mark.parametrize("settings", [{"0/fader_db": -20.0}, {"0/audible": 0.0}, {"0/fader_db": -90.0, "0/audible": 0.0}])
def test_a_send_before_the_fader_ignores_fader_and_mute(settings: dict[str, float]) -> None:
    """It is the bits of the send after a fader at 0 dB."""
    assert np.array_equal(wet({**settings, "0/send/1/pre": 1.0}), wet({}))
    assert not np.array_equal(wet(settings), wet({}))


def test_solo_elsewhere_silences_every_send() -> None:
    """In place means that nothing of the others is heard, not even before their faders."""
    for pre in (0.0, 1.0):
        assert not wet({"0/send/1/pre": pre, "0/heard": 0.0, "0/audible": 0.0}).any()


def test_a_send_after_the_fader_follows_it() -> None:
    """6 dB less of the track is 6 dB less of its reverb, and none of it when the track is muted."""
    assert np.allclose(wet({"0/fader_db": -6.0}), wet({}) * 10 ** (-6 / 20), rtol=0, atol=1e-7)
    assert not wet({"0/audible": 0.0}).any()


GLIDES = {
    "width": [(960, "0/width", 0.0, 15)], "wide and back": [(960, "0/width", 2.0, 15), (2880, "0/width", 1.0, 15)],
    "law": [(960, "0/pan_law", 3.0, 30)], "pan": [(960, "0/pan", -1.0, 15)],
    "into a group": [(960, "0/route/0", 0.0, 15), (960, "0/route/2", 1.0, 15)],
    "out of a group": [(960, "0/route/1", 0.0, 15), (960, "0/route/0", 1.0, 15)],
    "group fader": [(960, "group0/fader_db", -90.0, 15)], "group mute": [(960, "group0/audible", 0.0, 15)],
}  # fmt: skip


@pytest.mark.parametrize("name", GLIDES)
def test_nothing_clicks(name: str) -> None:
    """Whatever changes, a held level never moves faster than over the length of a glide."""
    held = np.stack([np.full(FRAMES, 0.5), np.full(FRAMES, -0.25)], axis=1).astype(np.float32)
    routes = through(1, [0]) if "group" in name and name != "into a group" else {}
    out = Console([held], {"0/pan": 0.5, "0/pan_law": 2.0, **routes}, events=events(GLIDES[name])).play(FRAMES)
    assert np.abs(np.diff(out, axis=0)).max() < 0.003


@pytest.mark.parametrize("pre", [0.0, 1.0])
def test_a_send_that_changes_sides_of_the_fader_does_not_click(pre: float) -> None:
    """Through the reverb's first echoes of a held level: no step as large as an abrupt switch would make."""
    held = stereo(np.minimum(np.arange(9600) / 8000, 0.5))
    settings = {**PAST, "0/send/1/level_db": 0.0, "0/fader_db": -90.0, "0/send/1/pre": pre}
    switched = [events([(6400, "0/send/1/pre", 1.0 - pre, tiles)]) for tiles in (30, 1)]
    glide, jump = (Console([held], settings, events=rows).play(9600 - LATENCY)[6400:].astype(float) for rows in switched)
    assert np.abs(np.diff(glide, axis=0)).max() < np.abs(np.diff(jump, axis=0)).max() / 3


def test_a_route_on_the_way_keeps_the_level() -> None:
    """While a track moves into a group the sum stays: the weights of both ways always add up to 1."""
    out = Console([stereo(np.full(FRAMES, 0.5))], events=events(GLIDES["into a group"])).play(FRAMES)
    assert np.allclose(out, 0.5, rtol=0, atol=1e-6)


DESK = {
    **{f"{lane}/width": 0.3 * lane for lane in range(8)}, **{f"{lane}/pan_law": float(lane % 4) for lane in range(8)},
    **{f"{lane}/pan": lane / 4 - 1 for lane in range(8)}, **{f"{lane}/send/1/level_db": -6.0 - lane for lane in range(8)},
    **{f"{lane}/send/2/level_db": -12.0 + lane for lane in range(8)},
    **{f"{lane}/send/1/pre": float(lane % 2) for lane in range(8)},
    **through(1, [0, 1]), **through(3, [2]), **through(4, [5, 6]), "group3/fader_db": -4.0,
}  # fmt: skip
MOVES = [
    (960, "1/width", 2.0, 15), (960, "2/pan_law", 3.0, 30), (1920, "3/route/0", 0.0, 15), (1920, "3/route/2", 1.0, 15),
    (2880, "group0/fader_db", -9.0, 15), (2880, "4/send/2/pre", 1.0, 15), (2880, "5/heard", 0.0, 15),
]  # fmt: skip


@pytest.mark.parametrize("tracks", CLASSES[1:])
def test_every_class_routes_alike(tracks: int) -> None:
    """Audio, and the meters of the groups, of a larger console are the same bits, at rest and in motion."""
    small, large = (Console(STEMS, DESK, tracks=n, events=events(MOVES, n)) for n in (8, tracks))
    assert small.render(FRAMES).tobytes() == large.render(FRAMES).tobytes()
    for name in ("peak_l", "peak_r", "rms"):
        column = f"group/4/{name}"
        assert np.array_equal(small.meters[:, bus_meter(column, 8)], large.meters[:, bus_meter(column, tracks)])


def test_any_cut_gives_the_same_bits() -> None:
    """Tile by tile, or at once: audio, meters and the slot."""
    whole, pieces = (Console(STEMS, DESK, events=events(MOVES)) for _ in range(2))
    assert whole.render(FRAMES).tobytes() == pieces.render_in([TILE] * (FRAMES // TILE)).tobytes()
    assert whole.meters.tobytes() == pieces.meters.tobytes()
    assert whole.state32.tobytes() == pieces.state32.tobytes()


def test_a_track_does_not_hear_how_the_others_are_routed() -> None:
    """Its bits are the same whether its neighbours are narrow, wide, in groups or gone."""
    quiet = [STEMS[0], *[np.zeros_like(STEMS[0])] * 7]
    others = {path: value for path, value in DESK.items() if not path.startswith("0/")}
    rest = {"reverb/return_db": -90.0}
    busy = Console(quiet, {**others, **rest}, events=events([move for move in MOVES if not move[1].startswith("group")]))
    assert np.array_equal(busy.render(FRAMES), Console(quiet, rest).render(FRAMES))


def test_a_desk_without_groups_runs_none() -> None:
    """At rest a block feeds nothing but the mix, in one pass with its meters; sends and groups in use are run."""
    resting, busy = Console(STEMS), Console(STEMS, DESK)
    for console in (resting, busy):
        console.render(TILE)
    fed = [[float(c.state32[BUS_SIZE + buses.MODE_INTO + k]) != SKIP for k in range(PLACES)] for c in (resting, busy)]
    assert fed == [[False] * 7, [True, True, True, True, False, True, True]]
