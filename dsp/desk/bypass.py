"""A desk without its processing: which switches must go off so that a strip passes its signal on as it is.

Levels, pan, sends and groups stay; so does the limiter, which is there for the listener's ears.
"""

from collections.abc import Iterator

from dsp.desk.mix import Mix
from dsp.desk.parameter import Scope
from dsp.desk.params import CATALOGUE

KEPT = ("limiter/on",)


def switches_on(mix: Mix, strip: str | None = None) -> Iterator[str]:
    """Yield the paths of all stages' switches that are on, of a strip (``tracks/{id}`` or ``master``) or of every one.

    Raises :class:`dsp.desk.mix.UnknownPath`.
    """
    strips = [strip] if strip is not None else [*(f"tracks/{track.id}" for track in mix.tracks), "master"]
    for one in strips:
        for name in _switches(mix.scope_of(one)):
            if mix.get(f"{one}/{name}") is True:
                yield f"{one}/{name}"


def _switches(scope: Scope) -> Iterator[str]:
    return (row.name for row in CATALOGUE if row.scope == scope and row.name.endswith("/on") and row.name not in KEPT)
