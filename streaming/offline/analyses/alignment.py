"""Stems that recorded the same thing: how they lie to each other in time and polarity, and what would bring them together."""

from collections.abc import Sequence
from itertools import combinations

from pydantic import JsonValue

from dsp.analysis.alignment import Alignment, align
from dsp.desk.mix import Mix, Track
from dsp.grid import RATE
from streaming.offline.analyses.reading import audio_of, cut, origin, tracks_of
from streaming.offline.errand import Refused, Report
from streaming.offline.question import Caution, Change, Findings, Question, StemFile, Suggestion

MOST_STEMS = 8
"""So many are compared each with each; of more one must be the reference."""

SURE = 0.1
"""The confidence from which on two stems are taken for recordings of one thing."""

CLEAR = 0.8
"""The ambiguity up to which their polarity is told."""


def compare(question: Question, report: Report) -> Findings:
    """Align pairs of stems. Raises :class:`Refused`."""
    pairs = _pairs(question.stems, question.options.reference)
    mix = Mix.parse(question.mix)
    figures: list[JsonValue] = []
    warnings: list[Caution] = []
    suggestions: dict[str, Suggestion] = {}
    for number, (one, other) in enumerate(pairs):
        found = align(audio_of(one), audio_of(other), round(question.options.reach_s * RATE))
        related = found.confidence >= SURE
        figures.append(_figures(one, other, found, related))
        if related:
            for suggestion in _suggestions(mix, one, other, found):
                suggestions.setdefault(suggestion.id, suggestion)
            if _is_turned(found):
                told = f"“{other.name}” has the opposite polarity of “{one.name}”."
                warnings.append(Caution("opposite_polarity", told, [one.id, other.id]))
        report((number + 1) / len(pairs))
    return Findings({"pairs": figures}, warnings, list(suggestions.values()))


def _pairs(stems: Sequence[StemFile], reference: str | None) -> list[tuple[StemFile, StemFile]]:
    if reference is not None:
        first = next((stem for stem in stems if stem.id == reference), None)
        if first is None:
            raise Refused("no_reference", "The reference is not among the stems.")
        return [(first, stem) for stem in stems if stem is not first]
    if len(stems) > MOST_STEMS:
        raise Refused("too_many_stems", f"More than {MOST_STEMS} stems are compared with one of them only: name a reference.")
    return list(combinations(stems, 2))


def _figures(one: StemFile, other: StemFile, found: Alignment, related: bool) -> JsonValue:
    return {
        "first": one.id,
        "second": other.id,
        "offset_frames": round(found.offset, 3),
        "offset_ms": round(found.offset / RATE * 1_000, 4),
        "inverted": found.inverted,
        "confidence": round(found.confidence, 4),
        "ambiguity": round(found.ambiguity, 4),
        "related": related,
    }


def _is_turned(found: Alignment) -> bool:
    return found.inverted and found.ambiguity <= CLEAR


def _suggestions(mix: Mix, one: StemFile, other: StemFile, found: Alignment) -> list[Suggestion]:
    """For every track of the second stem: move it in time, turn it over."""
    anchor = next((track for track in tracks_of(mix, one) if origin(track) is not None), None)
    made: list[Suggestion] = []
    for track in tracks_of(mix, other) if anchor else ():
        place, start = origin(track), origin(anchor) if anchor else None
        if place is not None and start is not None and (shift := round(start - place - found.offset)):
            made.append(_moved(track, shift, one.name))
        if anchor is not None and found.ambiguity <= CLEAR and found.inverted != (_turned(anchor) != _turned(track)):
            told = f"Turn “{track.name}” over, as “{one.name}” lies the other way."
            change = Change(f"tracks/{track.id}/polarity", _turned(track), not _turned(track))
            made.append(Suggestion(f"polarity-{track.id}", told, [change]))
    return made


def _turned(track: Track) -> bool:
    return bool(track.params.get("polarity", False))


def _moved(track: Track, shift: int, to: str) -> Suggestion:
    """All clips ``shift`` frames later; what would begin before the song loses its beginning."""
    clips = []
    for clip in track.clips:
        kept = cut(clip, clip.offset + max(0, -shift - clip.at), clip.offset + clip.length)
        if kept is not None:
            clips.append(kept.model_copy(update={"at": kept.at + shift}).dumped())
    change = Change(f"tracks/{track.id}/clips", track.dumped("clips"), clips)
    way = "later" if shift > 0 else "earlier"
    told = f"Move “{track.name}” {abs(shift)} frames ({abs(shift) / RATE * 1_000:.2f} ms) {way}, onto “{to}”."
    return Suggestion(f"move-{track.id}", told, [change])
