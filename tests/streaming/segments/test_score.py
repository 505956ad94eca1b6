"""A segment's name says all that its bytes depend on."""

from dataclasses import replace

from dsp.desk.mix import Mix
from dsp.grid import QUANTUM, TILE
from streaming.broadcast.codecs import FRAMES
from streaming.segments.score import SEGMENT, Order, Score, code_stamp, segment_name, slot_name

SCORE = Score(Mix.empty().document(), {})


def test_segments_lie_on_every_grid() -> None:
    """A segment is whole tiles, and whole packets of each codec."""
    assert [SEGMENT % size for size in (TILE, QUANTUM, FRAMES["opus"], FRAMES["flac"])] == [0, 0, 0, 0]


def test_another_mix_has_another_key() -> None:
    """Any value of the document counts; where the stems lie does not."""
    other = Score(Mix.empty().set("master/fader_db", -1.0).document(), {})
    assert other.key != SCORE.key
    assert replace(SCORE, sources={"a": "b"}).key == SCORE.key
    assert len(code_stamp()) == 64


def test_names_tell_codec_and_number() -> None:
    """Packets and states of one mix do not take each other's names."""
    names = {segment_name(SCORE.key, "opus", 1), segment_name(SCORE.key, "flac", 1), segment_name(SCORE.key, "opus", 2)}
    assert len(names | {slot_name(SCORE.key, 1)}) == 4


def test_an_order_travels_as_json_values() -> None:
    """What is written is read back."""
    order = Order({}, {"a": "b"}, "k", "opus", "f", 3, None)
    assert Order(**order.values()) == order
