"""In which form a bounce is delivered: format, sample rate, bits or bit rate, dither, tags. Only data; no codec is imported.

One table says what can be combined; who asks for something else gets a sentence.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dsp.grid import RATE

Format = Literal["wav", "flac", "mp3", "m4a", "opus", "ogg"]
Dithering = Literal["none", "triangular", "shaped"]

RATES = (44_100, 48_000, 88_200, 96_000)
TAGS = ("title", "artist", "album", "track", "date", "genre", "comment")


@dataclass(frozen=True, slots=True)
class Form:
    """What a format can hold: sample rates, bits of its integers (32: float), bit rates of what is lossy (and the usual one)."""

    label: str
    media: str
    rates: tuple[int, ...] = RATES
    bits: tuple[int, ...] = ()
    kbps: tuple[int, int] = (0, 0)
    usual_kbps: int = 0

    @property
    def is_lossy(self) -> bool:
        """Whether what is read from it is not what was written."""
        return not self.bits


FORMS: Mapping[str, Form] = {
    "wav": Form("WAV", "audio/wav", bits=(16, 24, 32)),
    "flac": Form("FLAC", "audio/flac", bits=(16, 24)),
    "mp3": Form("MP3", "audio/mpeg", (44_100, 48_000), kbps=(96, 320), usual_kbps=320),
    "m4a": Form("AAC", "audio/mp4", kbps=(96, 320), usual_kbps=256),
    "opus": Form("Opus", "audio/ogg", (48_000,), kbps=(64, 320), usual_kbps=192),
    "ogg": Form("Ogg Vorbis", "audio/ogg", kbps=(80, 320), usual_kbps=256),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the file is to be. ``bits`` is None where it is lossy, ``kbps`` where it is not."""

    format: Format = "wav"
    rate: int = RATE
    bits: int | None = 24
    kbps: int | None = None
    dither: Dithering = "triangular"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def form(self) -> Form:
        """What its format can hold."""
        return FORMS[self.format]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; ``Delivery(**values)`` reads them back."""
        return {**asdict(self), "tags": dict(self.tags)}


def settled(form: Format, rate: int, bits: int | None, kbps: int | None) -> tuple[int | None, int | None]:
    """Bits and bit rate with what is usual filled in; raises ValueError with a sentence for what cannot be combined."""
    known = FORMS[form]
    if rate not in known.rates:
        raise ValueError(f"{known.label} is made at {_listed(known.rates)} Hz, not at {rate}")
    if known.is_lossy:
        return _settled_lossy(known, bits, kbps)
    if kbps is not None:
        raise ValueError(f"{known.label} loses nothing: it has bits, no bit rate")
    bits = bits or 24
    if bits not in known.bits:
        raise ValueError(f"{known.label} holds {_listed(known.bits)} bits, not {bits}" + _FLOATS * (bits == 32))
    return bits, None


_FLOATS = "; 32 bits are floating point, in WAV"


def _settled_lossy(known: Form, bits: int | None, kbps: int | None) -> tuple[None, int]:
    if bits is not None:
        raise ValueError(f"{known.label} has a bit rate, no bits a sample")
    low, high = known.kbps
    kbps = kbps or known.usual_kbps
    if not low <= kbps <= high:
        raise ValueError(f"{known.label} is made at {low} to {high} kbit/s, not at {kbps}")
    return None, kbps


def _listed(numbers: tuple[int, ...]) -> str:
    head, last = numbers[:-1], numbers[-1]
    return f"{', '.join(map(str, head))} or {last}" if head else str(last)
