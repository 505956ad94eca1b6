"""Mixes for tests: a small desk, and hypothesis strategies for edits of it."""

from hypothesis import strategies as st

from dsp.desk.mix import Mix
from dsp.desk.params import CATALOGUE, Parameter, Value

ASSET = "ab" * 32
OTHER = "cd" * 32


def clip(identity: str, at: int = 0, length: int = 48_000, asset: str = ASSET, **more: object) -> dict[str, object]:
    """A clip as JSON."""
    return {"id": identity, "asset": asset, "at": at, "length": length, **more}


def desk(tracks: int = 2) -> Mix:
    """A desk of tracks t0, t1, ... with one clip of a second each, and a group."""
    mix = Mix.empty().set("groups/band", {"name": "Band"})
    for n in range(tracks):
        mix = mix.set(f"tracks/t{n}", {"name": f"Track {n}", "clips": [clip(f"c{n}")]})
    return mix


def values(row: Parameter) -> st.SearchStrategy[Value]:
    """Every value that a parameter takes."""
    if row.choices:
        return st.sampled_from(row.choices)
    return st.booleans() if row.is_switch else st.floats(row.low, row.high, allow_nan=False)


def path_of(row: Parameter, track: int = 0) -> str:
    """Where a parameter lies in :func:`desk`."""
    strips = {"track": f"tracks/t{track}", "group": "groups/band", "master": "master"}
    return f"{strips.get(row.scope, f'effects/{row.scope}')}/{row.name}"


@st.composite
def edits(draw: st.DrawFn, tracks: int = 2) -> tuple[str, Value]:
    """A parameter of :func:`desk` and a value for it."""
    row = draw(st.sampled_from(CATALOGUE))
    return path_of(row, draw(st.integers(0, tracks - 1))), draw(values(row))
