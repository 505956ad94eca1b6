"""The peers that run in this process: pedalboard and libavfilter, on the nearest chain to ours that they have."""

from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pedalboard as pb
from av.filter import Graph
from av.filter.context import FilterContext
from consoles import Audio, Run, cpu_seconds, settings

from dsp.grid import RATE


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


def libav_strip(track: int) -> list[tuple[str, str]]:
    """libavfilter's nearest chain for a track: names and arguments."""
    s, ((left,), (right,)) = settings(track), pans(track)[0]
    level, threshold = 10 ** (s["fader_db"] / 20), 10 ** (s["compressor/threshold_db"] / 20)
    bands = (("lowshelf", 1), ("equalizer", 2), ("equalizer", 3), ("highshelf", 4))
    return [
        ("highpass", f"f={s['highpass/frequency_hz']}:p=2"),
        *((kind, f"f={s[f'eq/{k}/frequency_hz']}:t=q:w={s[f'eq/{k}/q']}:g={s[f'eq/{k}/gain_db']}") for kind, k in bands),
        ("acompressor", f"threshold={threshold}:ratio={s['compressor/ratio']}:knee=2:attack={s['compressor/attack_ms']}"
                        f":release={s['compressor/release_ms']}"),
        ("pan", f"stereo|c0={left * level}*c0|c1={right * level}*c1"),
    ]  # fmt: skip


ECHO = ("aecho", "0.3:0.3:23|27|31|35|39|44|49|56:0.5|0.45|0.4|0.35|0.3|0.25|0.2|0.15")
"""What stands for a reverb where there is none."""
LIMITER = ("alimiter", "limit=0.891:attack=2.7:release=80:level=0")


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
            both = chain(graph, head, *libav_strip(k), ("asplit", "2"))
            both.link_to(dry, 0, k)
            send = graph.add("volume", str(pans(k)[1]))
            both.link_to(send, 1, 0)
            send.link_to(sends, 0, k)
        wet = chain(graph, sends, ECHO)
        total = graph.add("amix", "inputs=2:normalize=0")
        dry.link_to(total, 0, 0)
        wet.link_to(total, 0, 1)
        end = chain(graph, total, LIMITER, ("aformat", "sample_fmts=fltp"))
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


def best_block(audio: list[Audio], peer: Callable[[list[Audio], int], Run]) -> int:
    """Find a peer's cheapest block size."""
    cost = {block: min(cpu_seconds(peer(audio, block)) for _ in range(2)) for block in (512, 1024, 2048, 4096, 8192)}
    return min(cost, key=cost.__getitem__)
