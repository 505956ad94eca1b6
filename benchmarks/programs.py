"""The peers that are programs of their own: ffmpeg and SuperCollider's scsynth, fed with files and timed from outside.

A program's time is the CPU time of its process, less that of the same program reading the same files and doing nothing with
them. So neither pays here for its start, its files and their formats; ours pays for reading its stems.
"""

import resource
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from consoles import Audio, settings
from peers import ECHO, LIMITER, libav_strip, pans
from supercollider import ADD, MULTIPLY, Instrument, score

from dsp.grid import RATE

LIMIT_S = 300
_FLOAT = 3


@dataclass(frozen=True)
class Program:
    """A peer: the command of its whole work and that of the same without work, and where its audio goes."""

    work: list[str]
    nothing: list[str]
    out: Path

    def seconds(self) -> float:
        """CPU time of the work."""
        return child_seconds(self.work) - child_seconds(self.nothing)

    def heard(self) -> Audio:
        """Run it, and return what it plays."""
        child_seconds(self.work)
        return wave_data(self.out)


def child_seconds(command: list[str]) -> float:
    """CPU time of a program, or ``SystemExit`` with its last words."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {(done.stderr or done.stdout)[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_wave(path: Path, audio: Audio) -> None:
    """Write a WAV file of floats, of any number of channels."""
    channels, data = audio.shape[1], np.ascontiguousarray(audio, "<f4")
    head = struct.pack("<HHIIHH", _FLOAT, channels, RATE, RATE * channels * 4, channels * 4, 32)
    riff = struct.pack("<4sI4s4sI", b"RIFF", 36 + data.nbytes, b"WAVE", b"fmt ", len(head)) + head
    with path.open("wb") as file:
        file.write(riff + struct.pack("<4sI", b"data", data.nbytes))
        data.tofile(file)


def wave_data(path: Path) -> Audio:
    """Read the stereo floats of a WAV file's data chunk."""
    content = path.read_bytes()
    start = content.index(b"data") + 8
    return np.frombuffer(content, "<f4", (len(content) - start) // 8 * 2, start).reshape(-1, 2)


def ffmpeg(audio: list[Audio], folder: Path, block: int) -> Program:
    """The filters of ffmpeg run by itself, one thread, ``block`` frames a packet; what they lack is said at ``peers.libav``."""
    files, out = [folder / f"{k}.wav" for k in range(len(audio))], folder / "ffmpeg.wav"
    for path, stem in zip(files, audio, strict=True):
        if not path.exists():
            write_wave(path, stem)
    quiet = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1", "-filter_complex_threads", "1"]
    inputs = [word for path in files for word in ("-threads", "1", "-max_size", str(8 * block), "-i", str(path))]
    graph = ["-filter_complex", ffmpeg_graph(len(audio)), "-map", "[out]"]
    return Program(
        [*quiet, *inputs, *graph, "-c:a", "pcm_f32le", str(out)],
        [*quiet, *inputs, *(word for k in range(len(audio)) for word in ("-map", str(k))), "-f", "null", "-"],
        out,
    )


def ffmpeg_graph(tracks: int) -> str:
    """Return the whole mix as ffmpeg's notation has it."""
    strips = [[*libav_strip(k), ("asplit", "2")] for k in range(tracks)]
    rows = [f"[{k}:a]{','.join('='.join(unit) for unit in strip)}[d{k}][t{k}]" for k, strip in enumerate(strips)]
    rows += [f"[t{k}]volume={pans(k)[1]}[s{k}]" for k in range(tracks)]
    rows += [
        "".join(f"[{place}{k}]" for k in range(tracks)) + f"amix=inputs={tracks}:normalize=0{after}"
        for place, after in (("d", "[dry]"), ("s", f",{'='.join(ECHO)}[wet]"))
    ]
    return ";".join([*rows, f"[dry][wet]amix=inputs=2:normalize=0,{'='.join(LIMITER)}[out]"])


def scsynth(audio: list[Audio], folder: Path, block: int) -> Program:
    """SuperCollider's server out of real time, ``block`` frames a control block.

    Stems come as channels of one input file, which costs it less than a disk buffer each; each track is one instrument, its
    numbers constants of the graph. It has a high-pass of second order, shelves and bells, a compressor (for each channel by
    itself, as pedalboard has it), FreeVerb as pedalboard has, and a limiter that looks ahead, but for each channel by itself
    and not between samples. It keeps no meters.
    """
    tracks, frames = len(audio), len(audio[0])
    stems, out = folder / "stems.wav", folder / "scsynth.wav"
    if not stems.exists():
        write_wave(stems, np.concatenate(audio, axis=1))
    dry = 2 + 2 * tracks
    desk = [strip(track, 2 + 2 * track, dry) for track in range(tracks)]
    scores = {"work": score([*desk, master(dry)], frames / RATE), "nothing": score([silence()], frames / RATE)}
    commands = []
    for name, content in scores.items():
        path = folder / f"{name}.osc"
        path.write_bytes(content)
        files = ["-N", str(path), str(stems), str(out), str(RATE), "WAV", "float"]
        commands.append(["scsynth", *files, "-D", "0", "-i", str(2 * tracks), "-o", "2", "-z", str(block)])
    return Program(*commands, out)


def strip(track: int, bus: int, dry: int) -> Instrument:
    """SuperCollider's nearest chain for a track that comes on ``bus`` and goes to ``dry`` and, for the reverb, two buses on."""
    s, one = settings(track), Instrument(f"strip{track}")
    threshold, above = 10 ** (s["compressor/threshold_db"] / 20), 1 / s["compressor/ratio"]
    times = s["compressor/attack_ms"] / 1e3, s["compressor/release_ms"] / 1e3
    sides = []
    for side in one.add("In", float(bus), outputs=2):
        (x,) = one.add("HPF", side, s["highpass/frequency_hz"])
        for kind, k in (("BLowShelf", 1), ("BPeakEQ", 2), ("BPeakEQ", 3), ("BHiShelf", 4)):
            width = 1.0 if "Shelf" in kind else 1 / s[f"eq/{k}/q"]
            (x,) = one.add(kind, x, s[f"eq/{k}/frequency_hz"], width, s[f"eq/{k}/gain_db"])
        sides += one.add("Compander", x, x, threshold, 1.0, above, *times)
    panned = one.add("Balance2", *sides, s["pan"], 2**0.5 * 10 ** (s["fader_db"] / 20), outputs=2)
    one.add("Out", float(dry), *panned, outputs=0)
    send = [one.add("BinaryOpUGen", side, float(pans(track)[1]) / 3, special=MULTIPLY)[0] for side in panned]
    one.add("Out", float(dry + 2), *send, outputs=0)
    return one


def master(dry: int) -> Instrument:
    """The sum, a reverb of what was sent, and a limiter."""
    one = Instrument("master")
    mix, sent = one.add("In", float(dry), outputs=2), one.add("In", float(dry + 2), outputs=2)
    wet = one.add("FreeVerb2", *sent, 1.0, 0.7, 0.4, outputs=2)
    summed = [one.add("BinaryOpUGen", a, b, special=ADD)[0] for a, b in zip(mix, wet, strict=True)]
    one.add("Out", 0.0, *(one.add("Limiter", side, 0.891, 0.0027)[0] for side in summed), outputs=0)
    return one


def silence() -> Instrument:
    """An instrument that does nothing: the server starts, reads and writes its files."""
    return Instrument("silence")


def best(peer: Callable[[list[Audio], Path, int], Program], audio: list[Audio], folder: Path, blocks: tuple[int, ...]) -> int:
    """Find a program's cheapest block size."""
    cost = {block: min(peer(audio, folder, block).seconds() for _ in range(2)) for block in blocks}
    return min(cost, key=cost.__getitem__)


def installed(name: str) -> bool:
    """Tell whether a program is there."""
    return shutil.which(name) is not None
