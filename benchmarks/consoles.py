"""The consoles that are compared: ours on the equal chain, with everything on and all bypassed; pedalboard; libavfilter.

The equal chain is, per track, a high-pass, four EQ bands, a compressor, gain and pan, with a send to one reverb and a limiter on
the sum. Where a peer lacks a part, or does less than ours, its function says so.
"""

import time
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pedalboard as pb
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from dsp.catalogue import MATCH_HZ
from dsp.columns import meter_columns
from dsp.grid import QUANTUM, RATE, TILE
from dsp.layout import StateLayout, fresh, new_rings
from dsp.params import BUSES, GROUPS, TRACK, engine_size, track_index
from dsp.render import render
from dsp.tables import CLIP, EVENT, SEGMENT, SOURCE

Audio = NDArray[np.float32]
Run = Callable[[], Audio]
NEVER = 1 << 60


def settings(track: int) -> dict[str, float]:
    """A busy strip, a little different on every track."""
    sign = (-1) ** track
    return {
        "highpass/on": 1.0, "highpass/frequency_hz": 30.0 + 7 * (track % 8), "compressor/on": 1.0,
        "eq/1/frequency_hz": 110.0 + 5 * track, "eq/1/gain_db": 2.0 * sign, "eq/1/q": 0.707,
        "eq/2/frequency_hz": 400.0 + 30 * track, "eq/2/gain_db": -3.0 * sign, "eq/2/q": 1.0,
        "eq/3/frequency_hz": 2500.0 + 90 * track, "eq/3/gain_db": 2.5 * sign, "eq/3/q": 1.4,
        "eq/4/frequency_hz": 8000.0 + 100 * (track % 8), "eq/4/gain_db": 3.0 * sign, "eq/4/q": 0.707,
        "compressor/threshold_db": -24.0 + track % 5, "compressor/ratio": 2.5 + 0.25 * (track % 4),
        "compressor/attack_ms": 5.0 + 2 * (track % 4), "compressor/release_ms": 80.0 + 20 * (track % 5),
        "fader_db": -6.0 - track % 3, "pan": track * 37 % 100 / 50.0 - 1.0, "send/1/level_db": -18.0 + track % 4,
    }  # fmt: skip


def stems(tracks: int, frames: int) -> list[Audio]:
    """Music-like noise: bursts, decays and hum, interleaved stereo."""
    random = np.random.default_rng(3)
    beat = np.exp(-(np.arange(frames) % (RATE // 2)) / (0.1 * RATE))[:, None]
    hum = np.sin(2 * np.pi * 55.0 * np.arange(frames) / RATE)[:, None]
    loud = (0.02 + 0.3 * beat) if tracks <= 16 else (0.02 + 0.2 * beat)
    return [(loud * (random.standard_normal((frames, 2)) * 0.3 + hum)).astype(np.float32) for _ in range(tracks)]


def everything(track: int) -> dict[str, float]:
    """All of a strip at work: every switch on, filters at 24 dB per octave, both sends, through a group."""
    return {
        **settings(track), "send/2/level_db": -20.0, "width": 1.3, "gate/threshold_db": -50.0, "compressor/sidechain_hz": 90.0,
        "compressor/mix": 0.8, "highpass/slope": 1.0, "lowpass/slope": 1.0, "route/0": 0.0, f"route/{1 + track % GROUPS}": 1.0,
    }  # fmt: skip


def master() -> dict[str, float]:
    """All of the master at work."""
    bells = {f"match/gain/{k}": 2.0 * (-1) ** k for k in range(1, 1 + len(MATCH_HZ))}
    return {**bells, **{f"eq/{k}/gain_db": 2.0 * (-1) ** k for k in range(1, 5)}, "match/width": 1.2, "width": 0.9}


def engine_vector(tracks: int, desk: str = "equal") -> NDArray[np.float64]:
    """The engine's values for the ``equal`` chain, with ``everything`` on, or ``bypassed``."""
    values, buses = np.zeros(engine_size(tracks)), master() if desk == "everything" else {}
    for parameter in TRACK:
        for lane in range(tracks):
            chosen = {"equal": settings, "everything": everything}.get(desk, lambda _: {})(lane)
            values[track_index(parameter.name, lane, tracks)] = chosen.get(parameter.name, parameter.default)
    values[len(TRACK) * tracks :] = [buses.get(row.name, row.default) if row.scope == "master" else row.default for row in BUSES]
    if desk != "equal":
        rows = [row.name for row in TRACK for _ in range(tracks)] + [row.name for row in BUSES]
        values[[name.endswith("/on") for name in rows]] = float(desk == "everything")
    return values


def ours(audio: list[Audio], chunk: int, desk: str = "equal", clock: Callable[[], None] = lambda: None) -> Run:
    """Our console, ``chunk`` frames a call, from a fresh slot each time; ``clock`` is called after every second of audio."""
    tracks, frames = len(audio), len(audio[0])
    layout, values = StateLayout(tracks), engine_vector(tracks, desk)
    state64, state32, rings = np.empty(layout.n64), np.empty(layout.n32, np.float32), new_rings()
    sources, clips = np.zeros(tracks, SOURCE), np.zeros(tracks, CLIP)
    for lane, stem in enumerate(audio):
        sources[lane] = (stem.ctypes.data, frames)
        clips[lane] = (0, lane, lane, 0, 0, 1.0, 0, 0, frames)
    segments, events = np.zeros(1, SEGMENT), np.zeros(0, EVENT)
    out, meters = np.empty((frames, 2), np.float32), np.empty((chunk // QUANTUM + 2, meter_columns(tracks)), np.float32)

    def run() -> Audio:
        fresh(tracks, state64, state32, values)
        for at in range(0, frames, chunk):
            tables = (events, segments, clips, sources)
            render(state64, state32, rings, tracks, at, chunk // TILE, NEVER, *tables, out[at : at + chunk], meters)
            if (at + chunk) % RATE == 0:
                clock()
        return out

    return run


def strip(track: int) -> pb.Pedalboard:
    """Pedalboard's nearest chain for a track."""
    s = settings(track)
    return pb.Pedalboard(
        [
            pb.HighpassFilter(s["highpass/frequency_hz"]),
            pb.LowShelfFilter(s["eq/1/frequency_hz"], s["eq/1/gain_db"], s["eq/1/q"]),
            pb.PeakFilter(s["eq/2/frequency_hz"], s["eq/2/gain_db"], s["eq/2/q"]),
            pb.PeakFilter(s["eq/3/frequency_hz"], s["eq/3/gain_db"], s["eq/3/q"]),
            pb.HighShelfFilter(s["eq/4/frequency_hz"], s["eq/4/gain_db"], s["eq/4/q"]),
            pb.Compressor(
                s["compressor/threshold_db"], s["compressor/ratio"], s["compressor/attack_ms"], s["compressor/release_ms"]
            ),
            pb.Gain(s["fader_db"]),
        ]
    )


def pans(track: int) -> tuple[Audio, np.float32]:
    """Left and right gain, and the send's factor."""
    s = settings(track)
    angle = (s["pan"] + 1.0) * np.pi / 4.0
    gains = np.float32(np.sqrt(2.0)) * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    return gains, np.float32(10.0 ** (s["send/1/level_db"] / 20.0))


def pedalboard(audio: list[Audio], block: int) -> Run:
    """Pedalboard, ``block`` frames a call.

    It has no pan, no send and no sum: numpy does these (three multiplications and additions a track and block). Its high-pass is
    of first order where ours is of second, its limiter knows no look-ahead and no peaks between samples, and it keeps no meters.
    """
    planes = [np.ascontiguousarray(stem.T) for stem in audio]
    chains, gains = [strip(k) for k in range(len(audio))], [pans(k) for k in range(len(audio))]
    reverb = pb.Reverb(room_size=0.7, damping=0.4, wet_level=0.33, dry_level=0.0, width=1.0)
    limiter = pb.Limiter(-1.0, 80.0)
    frames = len(audio[0])
    out = np.empty((2, frames), np.float32)

    def run() -> Audio:
        for at in range(0, frames, block):
            dry = np.zeros((2, min(block, frames - at)), np.float32)
            send = np.zeros_like(dry)
            for plane, chain, (gain, level) in zip(planes, chains, gains, strict=True):
                y = chain(np.ascontiguousarray(plane[:, at : at + block]), RATE, reset=False, buffer_size=8192) * gain
                dry += y
                send += y * level
            dry += reverb(send, RATE, reset=False)
            out[:, at : at + block] = limiter(dry, RATE, reset=False)
        return out

    return run


def chain(graph: Graph, head: FilterContext, *filters: tuple[str, str]) -> FilterContext:
    """Link filters behind one another; returns the last."""
    for name, arguments in filters:
        link = graph.add(name, arguments)
        head.link_to(link)
        head = link
    return head


def libav_strip(graph: Graph, head: FilterContext, track: int) -> FilterContext:
    """libavfilter's nearest chain for a track."""
    s, ((left,), (right,)) = settings(track), pans(track)[0]
    level, threshold = 10 ** (s["fader_db"] / 20), 10 ** (s["compressor/threshold_db"] / 20)
    bands = (("lowshelf", 1), ("equalizer", 2), ("equalizer", 3), ("highshelf", 4))
    return chain(
        graph, head, ("highpass", f"f={s['highpass/frequency_hz']}:p=2"),
        *((kind, f"f={s[f'eq/{k}/frequency_hz']}:t=q:w={s[f'eq/{k}/q']}:g={s[f'eq/{k}/gain_db']}") for kind, k in bands),
        ("acompressor", f"threshold={threshold}:ratio={s['compressor/ratio']}:knee=2:attack={s['compressor/attack_ms']}"
                        f":release={s['compressor/release_ms']}"),
        ("pan", f"stereo|c0={left * level}*c0|c1={right * level}*c1"),
    )  # fmt: skip


def libav(audio: list[Audio], block: int) -> Run:
    """The filters of ffmpeg, driven by PyAV in this process, ``block`` frames a packet.

    It has no algorithmic reverb: an echo of eight taps stands for it. Its limiter looks ahead but knows no peaks between samples.
    """
    planes = [np.ascontiguousarray(stem.T) for stem in audio]
    frames, tracks = len(audio[0]), len(audio)

    def run() -> Audio:
        graph = Graph()
        heads = [graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo", time_base=Fraction(1, RATE)) for _ in audio]
        dry, sends = (graph.add("amix", f"inputs={tracks}:normalize=0") for _ in range(2))
        for k, head in enumerate(heads):
            both = chain(graph, libav_strip(graph, head, k), ("asplit", "2"))
            both.link_to(dry, 0, k)
            send = graph.add("volume", str(pans(k)[1]))
            both.link_to(send, 1, 0)
            send.link_to(sends, 0, k)
        delays = "23|27|31|35|39|44|49|56"
        wet = chain(graph, sends, ("aecho", f"0.3:0.3:{delays}:0.5|0.45|0.4|0.35|0.3|0.25|0.2|0.15"))
        total = graph.add("amix", "inputs=2:normalize=0")
        dry.link_to(total, 0, 0)
        wet.link_to(total, 0, 1)
        end = chain(graph, total, ("alimiter", "limit=0.891:attack=2.7:release=80:level=0"), ("aformat", "sample_fmts=fltp"))
        end.link_to(graph.add("abuffersink"))
        graph.configure()
        parts: list[Audio] = []
        for at in range(0, frames, block):
            for head, plane in zip(heads, planes, strict=True):
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(plane[:, at : at + block]), "fltp", "stereo")
                frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
                head.push(frame)
            parts += pulled(graph)
        return np.concatenate(parts, axis=1)

    return run


def pulled(graph: Graph) -> list[Audio]:
    """Take what has come out so far."""
    parts: list[Audio] = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray())  # type: ignore[union-attr]
        except (BlockingIOError, EOFError):
            return parts


def cpu_seconds(run: Run) -> float:
    """CPU time of one call."""
    began = time.process_time()
    run()
    return time.process_time() - began


def best_block(audio: list[Audio], peer: Callable[[list[Audio], int], Run]) -> int:
    """Find a peer's cheapest block size."""
    cost = {block: min(cpu_seconds(peer(audio, block)) for _ in range(2)) for block in (512, 1024, 2048, 4096, 8192)}
    return min(cost, key=cost.__getitem__)
