"""How loud the stems are, or the mix, and which trim or fader would bring them to a loudness."""

import math

from pydantic import JsonValue

from dsp.desk.mix import Mix
from dsp.desk.params import find
from streaming.offline.analyses.reading import audio_of, blocks_of, rendered, tracks_of
from streaming.offline.errand import Report
from streaming.offline.measuring import finite, levels
from streaming.offline.question import Change, Findings, Question, StemFile, Suggestion

_RENDERING = 0.8
_CLOSE_LU = 0.1


def measure(question: Question, report: Report) -> Findings:
    """Measure stems or the mix."""
    return _of_mix(question, report) if question.options.scope == "mix" else _of_stems(question, report)


def _of_stems(question: Question, report: Report) -> Findings:
    mix, target = Mix.parse(question.mix), question.options.target_lufs
    figures: list[JsonValue] = []
    suggestions: list[Suggestion] = []
    for number, stem in enumerate(question.stems):
        found = levels(blocks_of(audio_of(stem)), 48_000)
        loudness = found.loudness.integrated_lufs
        figures.append(
            {
                "stem": stem.id,
                "loudness_lufs": finite(loudness),
                "range_lu": finite(found.loudness.range_lu),
                "true_peak_dbtp": finite(found.true_peak_dbtp),
            }
        )
        if math.isfinite(loudness):
            suggestions += _trims(mix, stem, target - loudness, target)
        report((number + 1) / len(question.stems))
    return Findings({"target_lufs": target, "stems": figures}, [], suggestions)


def _trims(mix: Mix, stem: StemFile, gain_db: float, target: float) -> list[Suggestion]:
    made = []
    for track in tracks_of(mix, stem):
        path = f"tracks/{track.id}/trim_db"
        was, value = mix.get(path), _within("track", "trim_db", gain_db)
        if isinstance(was, float) and abs(value - was) >= _CLOSE_LU:
            told = f"Trim “{track.name}” to {value:+.1f} dB: its stem comes to {target - gain_db + value:.1f} LUFS."
            made.append(Suggestion(f"trim-{track.id}", told, [Change(path, was, value)]))
    return made


def _of_mix(question: Question, report: Report) -> Findings:
    found = levels(rendered(question, lambda share: report(_RENDERING * share)), 48_000)
    loudness, target = found.loudness.integrated_lufs, question.options.target_lufs
    figures: dict[str, JsonValue] = {
        "target_lufs": target,
        "loudness_lufs": finite(loudness),
        "range_lu": finite(found.loudness.range_lu),
        "true_peak_dbtp": finite(found.true_peak_dbtp),
    }
    if not math.isfinite(loudness) or abs(target - loudness) < _CLOSE_LU:
        return Findings(figures)
    was = Mix.parse(question.mix).get("master/fader_db")
    value = _within("master", "fader_db", (was if isinstance(was, float) else 0.0) + target - loudness)
    told = f"Set the master to {value:+.1f} dB: the mix comes from {loudness:.1f} to about {target:.1f} LUFS, limiter aside."
    return Findings(figures, [], [Suggestion("master", told, [Change("master/fader_db", was, value)])])


def _within(scope: str, name: str, value: float) -> float:
    row = find(scope, name)  # type: ignore[arg-type]
    return round(min(max(value, row.low), row.high), 1) if row else value
