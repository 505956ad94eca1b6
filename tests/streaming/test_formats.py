"""What can be combined: formats, rates, bits and bit rates, and what is said of the rest."""

from typing import Any

import pytest

from streaming.formats import FORMS, RATES, Delivery, settled


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (("wav", 48_000, None, None), (24, None)),
        (("wav", 96_000, 32, None), (32, None)),
        (("flac", 88_200, 16, None), (16, None)),
        (("mp3", 44_100, None, None), (None, 320)),
        (("m4a", 96_000, None, 128), (None, 128)),
        (("opus", 48_000, None, None), (None, 192)),
        (("ogg", 44_100, None, None), (None, 256)),
    ],
)
def test_what_is_usual_is_filled_in(asked: Any, given: Any) -> None:
    """Who says nothing gets 24 bits, or a bit rate at which little is heard of the loss."""
    assert settled(*asked) == given


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("mp3", 96_000, None, None), "MP3 is made at 44100 or 48000 Hz, not at 96000"),
        (("opus", 44_100, None, None), "Opus is made at 48000 Hz, not at 44100"),
        (("flac", 48_000, 32, None), "FLAC holds 16 or 24 bits, not 32; 32 bits are floating point, in WAV"),
        (("wav", 48_000, 24, 320), "WAV loses nothing: it has bits, no bit rate"),
        (("mp3", 48_000, 24, None), "MP3 has a bit rate, no bits a sample"),
        (("ogg", 48_000, None, 64), "Ogg Vorbis is made at 80 to 320 kbit/s, not at 64"),
    ],
)
def test_what_cannot_be_is_said(asked: Any, sentence: str) -> None:
    """An impossible combination is refused with a sentence that says what there is."""
    with pytest.raises(ValueError, match=sentence):
        settled(*asked)


def test_every_rate_has_a_lossless_format() -> None:
    """WAV and FLAC are made at every rate."""
    assert FORMS["wav"].rates == FORMS["flac"].rates == RATES


def test_a_delivery_survives_json() -> None:
    """What a plan carries is what the child reads."""
    delivery = Delivery("mp3", 44_100, None, 192, "none", {"title": "x"})
    assert Delivery(**delivery.to_dict()) == delivery
