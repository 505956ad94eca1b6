"""What can be listened to over HTTP: which codec each kind of file holds, and how the codecs are encoded. Only data."""

from collections.abc import Mapping
from typing import Literal

from dsp.grid import QUANTUM

Kind = Literal["webm", "ogg", "flac", "mp3"]
"""The ends of the addresses."""

Codec = Literal["opus", "flac", "mp3"]

CODEC_OF: Mapping[Kind, Codec] = {"webm": "opus", "ogg": "opus", "flac": "flac", "mp3": "mp3"}

MEDIA: Mapping[Kind, str] = {
    "webm": 'audio/webm; codecs="opus"', "ogg": 'audio/ogg; codecs="opus"', "flac": "audio/flac", "mp3": "audio/mpeg",
}  # fmt: skip

FRAMES: Mapping[Codec, int] = {"opus": QUANTUM, "flac": 4_800, "mp3": 1_152}
"""Frames of a packet: that of MP3 is the format's, that of FLAC is ours, 100 ms."""

CODECS: Mapping[str, tuple[str, str]] = {"flac": ("flac", "s32"), "mp3": ("libmp3lame", "fltp")}
"""libav's encoder and the sample format it is given; s32 holds 24 bits, the highest ones."""

MP3_KBPS = 192
