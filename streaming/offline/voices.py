"""Parts of a mix that a bounce can render alone: a track after its strip, an effect's return, the mix before the master.

A voice holds engine parameters at a value all through a timeline, so it works alike for a revision and for what was heard. The
master is passed through: its switches off, everything else at rest. Tracks that are not asked for are silenced where mute
silences them, behind their pre-fader sends; so a track is rendered without effects, and an effect by what it adds to the dry mix.
"""

from dataclasses import dataclass

from dsp.desk.params import AUDIBLE, BUSES, EFFECT_KINDS, TRACK, bus_index, track_index
from dsp.desk.units import OFF_DB
from streaming.live.timeline import Timeline

_RETURN = "return_db"


@dataclass(frozen=True, slots=True)
class Voice:
    """What is heard: the tracks in ``lanes`` (all, if None) and the returns of ``effects``, before the master."""

    lanes: frozenset[int] | None
    effects: frozenset[str]

    def apply(self, timeline: Timeline) -> None:
        """Let a timeline play nothing else."""
        tracks = timeline.tracks
        held = dict(_untouched_master(tracks))
        if self.lanes is not None:
            held |= {track_index(AUDIBLE.name, lane, tracks): 0.0 for lane in range(tracks) if lane not in self.lanes}
        held |= {bus_index(kind, _RETURN, tracks): OFF_DB for kind in EFFECT_KINDS if kind not in self.effects}
        timeline.hold(held)


WHOLE = Voice(None, frozenset(EFFECT_KINDS))
"""The mix before the master."""
DRY = Voice(None, frozenset())
"""The same without effects: the sum of all tracks."""


def tracks(*lanes: int) -> Voice:
    """Some tracks after their strips and groups, without effects."""
    return Voice(frozenset(lanes), frozenset())


def with_effect(kind: str) -> Voice:
    """The dry mix and one effect."""
    return Voice(None, frozenset((kind,)))


def is_ever_audible(timeline: Timeline, lane: int) -> bool:
    """Whether mute and solo let a track be heard at any time."""
    return timeline.reaches(track_index(AUDIBLE.name, lane, timeline.tracks), 0.0)


def returns(timeline: Timeline) -> list[str]:
    """The effects whose return is ever open."""
    return [kind for kind in EFFECT_KINDS if timeline.reaches(bus_index(kind, _RETURN, timeline.tracks), OFF_DB)]


def _untouched_master(tracks: int) -> list[tuple[int, float]]:
    first = len(TRACK) * tracks
    return [(first + n, 0.0 if row.is_switch else row.default) for n, row in enumerate(BUSES) if row.scope == "master"]
