"""Silence before and after what is to be heard in the stems, and clips without it."""

from pydantic import JsonValue

from dsp.analysis.silence import sounding
from dsp.desk.mix import Mix, Track
from dsp.grid import RATE
from streaming.offline.analyses.reading import audio_of, cut
from streaming.offline.errand import Report
from streaming.offline.question import Change, Findings, Question, Suggestion

LEAST = RATE // 10
"""Less silence than 100 ms is not worth a suggestion."""

Span = tuple[int, int]


def find_silence(question: Question, report: Report) -> Findings:
    """Find where every stem sounds; a little is left before and after."""
    options, spans = question.options, dict[str, Span]()
    figures: list[JsonValue] = []
    lead, tail = round(options.lead_ms * RATE / 1_000), round(options.tail_ms * RATE / 1_000)
    for number, stem in enumerate(question.stems):
        audio = audio_of(stem)
        found = sounding(audio, options.threshold_db)
        first, last = found or (0, 0)
        spans[stem.asset] = (max(0, first - lead), min(len(audio), last + tail)) if found else (0, 0)
        silent = {"leading_frames": first, "trailing_frames": len(audio) - last} if found else None
        figures.append({"stem": stem.id, "frames": len(audio), "silent": found is None, **(silent or {})})
        report((number + 1) / len(question.stems))
    tracks = [track for track in Mix.parse(question.mix).tracks if any(clip.asset in spans for clip in track.clips)]
    suggestions = [made for track in tracks if (made := _trimmed(track, spans))]
    return Findings({"threshold_db": options.threshold_db, "stems": figures}, [], suggestions)


def _trimmed(track: Track, spans: dict[str, Span]) -> Suggestion | None:
    """The track's clips without silence at their ends, if that saves enough."""
    kept = [cut(clip, *spans.get(clip.asset, (0, clip.offset + clip.length))) for clip in track.clips]
    saved = sum(clip.length for clip in track.clips) - sum(clip.length for clip in kept if clip)
    if saved < LEAST:
        return None
    clips: JsonValue = [clip.dumped() for clip in kept if clip]
    told = f"Cut {saved / RATE:.1f} s of silence off “{track.name}”."
    return Suggestion(f"trim-{track.id}", told, [Change(f"tracks/{track.id}/clips", track.dumped("clips"), clips)])
