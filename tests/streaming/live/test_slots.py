import pytest

from streaming.live.slots import FEWEST, Kept, SlotTable


def keep(table, frame, **more):
    """Take a slot and keep it at a frame."""
    slot = table.take(0)
    table.keep(Kept(slot, frame, **more))
    return slot


def frames(table):
    """What is kept, by frame."""
    return [kept.frame for kept in table.kept]


def test_too_few():
    """A table that could run out of slots is refused."""
    with pytest.raises(ValueError, match="needs 6 slots"):
        SlotTable(FEWEST - 1)


def test_newest():
    """A splice takes the last slot at or before its frame."""
    table = SlotTable(8)
    for frame in (100, 200, 300):
        keep(table, frame)
    assert table.newest(250).frame == 200
    assert table.newest(300).frame == 300
    assert table.newest(99) is None


def test_drop_from():
    """What a splice supersedes is free again."""
    table = SlotTable(8)
    for frame in (100, 200, 300):
        keep(table, frame)
    table.drop_from(200)
    assert frames(table) == [100]
    assert len({table.take(0) for _ in range(7)}) == 7


def test_thin():
    """At rest a slot stays every 200 ms, and what is older than needed goes, but for one."""
    table = SlotTable(32)
    for number in range(12):
        keep(table, number * 4_800)
        table.thin(20_000)
    assert frames(table) == [19_200, 28_800, 38_400, 48_000, 52_800]


def test_thin_spares_splice_points():
    """A slot at a splice point is not thinned."""
    table = SlotTable(8)
    keep(table, 4_800)
    keep(table, 6_000, at_splice=True)
    keep(table, 9_600)
    table.thin(0)
    assert frames(table) == [4_800, 6_000, 9_600]


def test_take_gives_up_what_no_splice_needs():
    """When all are in use the oldest goes that lies before the last one that a splice may need."""
    table = SlotTable(6)
    for frame in range(100, 700, 100):
        keep(table, frame)
    table.take(450)
    assert frames(table) == [200, 300, 400, 500, 600]
    table.take(450, table.kept[0])
    assert frames(table) == [200, 400, 500, 600]


def test_take_then_thins():
    """Where every slot may be needed, one goes whose neighbours lie close; never the first usable or the last."""
    table = SlotTable(6)
    for frame in (100, 200, 900, 1_000, 1_100, 2_000):
        keep(table, frame)
    table.take(150)
    assert frames(table) == [100, 200, 900, 1_100, 2_000]


def test_put_back():
    """A slot whose job came to nothing can be taken again."""
    table = SlotTable(6)
    slots = [table.take(0) for _ in range(6)]
    table.put_back(slots[2])
    assert table.take(0) == slots[2]


def test_encoder_before():
    """The last encoder that comes to a packet or an earlier one."""
    table = SlotTable(8)
    keep(table, 100, packet=4)
    keep(table, 200, packet=9)
    keep(table, 300)
    assert table.encoder_before(8).frame == 100
    assert table.encoder_before(9).frame == 200
    assert table.encoder_before(3) is None
