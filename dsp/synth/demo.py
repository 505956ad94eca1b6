"""The demo's mix: the song's stems on the desk, balanced as a mixing engineer would leave them for others to play with.

``demo_mix`` needs only where each stem's audio lies; it imports no instrument, so it is cheap in a server.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsp.desk.mix import Clip, Effect, Group, Marker, Master, Mix, Section, Tempo, Track
from dsp.desk.params import Value
from dsp.synth.form import CHORUS, END, LAST_CHORUS, SECTIONS, TITLE
from dsp.synth.score import BEATS, BPM

__all__ = ["END", "STRIPS", "TITLE", "Strip", "demo_mix", "edition"]


@dataclass(frozen=True, slots=True)
class Strip:
    """A stem's strip: its name, role, hue, settings and the group that it plays through."""

    name: str
    role: str
    colour: int
    params: Mapping[str, Value] = field(default_factory=dict)
    group: str | None = None

    @property
    def id(self) -> str:
        """Its track's permanent id."""
        return f"t-{self.name.lower()}"


def _compressor(threshold_db: float, ratio: float, attack_ms: float, release_ms: float, makeup_db: float) -> dict[str, Value]:
    return {
        "compressor/on": True, "compressor/threshold_db": threshold_db, "compressor/ratio": ratio,
        "compressor/attack_ms": attack_ms, "compressor/release_ms": release_ms, "compressor/makeup_db": makeup_db,
    }  # fmt: skip


def _band(number: int, frequency_hz: float, gain_db: float, q: float = 0.71) -> dict[str, Value]:
    return {f"eq/{number}/frequency_hz": frequency_hz, f"eq/{number}/gain_db": gain_db, f"eq/{number}/q": q}


def _highpass(frequency_hz: float) -> dict[str, Value]:
    return {"highpass/on": True, "highpass/frequency_hz": frequency_hz}


STRIPS: tuple[Strip, ...] = (
    Strip("Drums", "drums", 0, {
        "fader_db": -0.3, "send/1/level_db": -26.0,
        **_band(1, 62.0, 2.0), **_band(2, 380.0, -3.0, 1.1), **_band(3, 3_600.0, 1.5, 0.9), **_band(4, 10_000.0, 2.0),
        **_compressor(-16.0, 3.0, 18.0, 110.0, 2.0), "compressor/mix": 0.7,
    }, "rhythm"),
    Strip("Percussion", "percussion", 1, {
        "fader_db": -0.5, "pan": 0.12, "send/1/level_db": -18.0, **_highpass(120.0), **_band(3, 2_400.0, 1.5),
    }, "rhythm"),
    Strip("Bass", "bass", 5, {
        "fader_db": -3.0, **_highpass(32.0), **_band(1, 90.0, 1.5), **_band(2, 260.0, -2.5, 1.0), **_band(3, 1_100.0, 2.0),
        **_compressor(-17.0, 4.0, 24.0, 140.0, 3.0),
    }),
    Strip("Keys", "keys", 2, {
        "fader_db": -4.5, "pan": -0.22, "send/1/level_db": -15.0, **_highpass(140.0),
        **_band(2, 420.0, -2.0), **_band(3, 2_200.0, 1.5),
        **_compressor(-22.0, 2.5, 14.0, 160.0, 2.5),
    }),
    Strip("Pad", "pad", 4, {
        "fader_db": -5.0, "send/1/level_db": -14.0, **_highpass(160.0), **_band(2, 500.0, -3.0, 0.9), **_band(4, 9_000.0, 1.5),
    }),
    Strip("Arp", "arp", 3, {
        "fader_db": -6.0, "pan": 0.18, "send/1/level_db": -13.0, "send/2/level_db": -16.0,
        **_highpass(220.0), **_band(4, 9_500.0, 2.0),
    }),
    Strip("Lead", "lead", 7, {
        "fader_db": -4.5, "send/1/level_db": -14.0, "send/2/level_db": -13.0,
        **_highpass(180.0), **_band(2, 700.0, -1.5), **_band(3, 3_000.0, 1.5, 0.8),
        **_compressor(-20.0, 3.0, 8.0, 120.0, 2.0),
    }),
    Strip("Choir", "vocals", 6, {
        "fader_db": -7.0, "pan": -0.1, "send/1/level_db": -10.0, **_highpass(170.0),
        **_band(3, 2_800.0, 2.0), **_band(4, 11_000.0, 2.0),
    }),
)  # fmt: skip

_REVERB: Mapping[str, Value] = {"decay_s": 2.2, "damping": 0.42, "return_db": -1.0}
_DELAY: Mapping[str, Value] = {"feedback": 0.3, "highpass_hz": 300.0, "lowpass_hz": 4_500.0, "return_db": -2.0}
_GROUPS = (Group(id="rhythm", lane=0, name="Rhythm", colour=0),)
_MASTER: Mapping[str, Value] = {"fader_db": 0.5, "limiter/ceiling_db": -1.5, "limiter/release_ms": 120.0}


def demo_mix(assets: Mapping[str, str]) -> Mix:
    """Return the mix; ``assets`` gives the SHA-256 of every stem's canonical audio by its name."""
    tracks = tuple(
        Track(
            id=strip.id, lane=lane, name=strip.name, colour=strip.colour, role=strip.role, params=strip.params, group=strip.group,
            clips=(Clip(id=f"c-{strip.name.lower()}", asset=assets[strip.name], at=0, length=END),),
        )
        for lane, strip in enumerate(STRIPS)
    )  # fmt: skip
    return Mix(
        tempo_map=(Tempo(position=0, bpm=BPM, beats=BEATS),),
        sections=tuple(Section(id=f"s{n}", start=s.start, end=s.end, name=s.name) for n, s in enumerate(SECTIONS, 1)),
        markers=(
            Marker(id="m-first-drop", position=CHORUS.start, name="First drop"),
            Marker(id="m-everybody", position=LAST_CHORUS.start, name="Everybody in"),
        ),
        tracks=tracks,
        groups=_GROUPS,
        effects=(Effect(id="reverb", params=_REVERB), Effect(id="delay", kind="delay", params=_DELAY)),
        master=Master(params=_MASTER),
    )


def edition() -> str:
    """Return a hash of the synthesiser's sources: a song made by other sources is another song."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
