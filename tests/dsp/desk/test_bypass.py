import pytest
from helpers.mixes import desk

from dsp.desk.bypass import switches_on
from dsp.desk.mix import UnknownPath


def test_what_is_on_goes_off_and_the_limiter_stays() -> None:
    """All stages that are on are named, of every track and the master, but not the limiter."""
    mix = desk(2).set("tracks/t1/compressor/on", True).set("master/multiband/on", True)
    assert list(switches_on(mix)) == ["tracks/t0/eq/on", "tracks/t1/eq/on", "tracks/t1/compressor/on", "master/multiband/on"]
    for path in switches_on(mix):
        mix = mix.set(path, False)
    assert list(switches_on(mix)) == []
    assert mix.get("master/limiter/on") is True


def test_one_strip_by_itself() -> None:
    """Only the switches of the strip that is named; one that is not there is refused."""
    assert list(switches_on(desk(2), "tracks/t1")) == ["tracks/t1/eq/on"]
    assert list(switches_on(desk(2), "master")) == []
    with pytest.raises(UnknownPath):
        list(switches_on(desk(2), "tracks/none"))
