import pytest
from pydantic import TypeAdapter, ValidationError

from streaming.live.timeline import MIN_LOOP
from streaming.protocol.controls import MAX_BUFFER, MIN_BUFFER, ClientMessage, Control, Hello, Loop, Set

CONTROL: TypeAdapter[Control] = TypeAdapter(Control)


def test_a_loop_is_both_ends_or_none() -> None:
    """A range of at least the shortest loop, or null for both."""
    assert Loop(type="loop", start=0, end=MIN_LOOP).end == MIN_LOOP
    assert Loop(type="loop", start=None, end=None).start is None
    for start, end in ((0, None), (None, 0), (0, MIN_LOOP - 1), (96_000, 0)):
        with pytest.raises(ValidationError):
            Loop(type="loop", start=start, end=end)


@pytest.mark.parametrize(
    ("frames", "fits"), [(MIN_BUFFER - 1, False), (MIN_BUFFER, True), (MAX_BUFFER, True), (MAX_BUFFER + 1, False)]
)
def test_a_listener_s_buffer_has_bounds(frames: int, fits: bool) -> None:
    """From one second to a minute."""
    text = f'{{"type":"hello","codecs":["opus"],"buffer_frames":{frames}}}'
    if fits:
        assert CONTROL.validate_json(text) == Hello(type="hello", codecs=("opus",), buffer_frames=frames)
    else:
        with pytest.raises(ValidationError):
            CONTROL.validate_json(text)


def test_numbers_that_are_none_are_refused_wherever_they_hide() -> None:
    """NaN and infinities inside a structure do not get through."""
    assert Set(type="set", path="markers", value=[{"position": 1}]).value == [{"position": 1}]
    with pytest.raises(ValidationError, match="finite"):
        Set(type="set", path="markers", value=[{"position": float("inf")}])


def test_every_message_refuses_what_it_does_not_know() -> None:
    """Strictness is not left to each message."""
    assert all(kind.model_config["extra"] == "forbid" and kind.model_config["strict"] for kind in ClientMessage.__subclasses__())
