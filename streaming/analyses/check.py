"""What is likely to be wrong with stems: clipping, DC, phase, a dead side, silence. It only warns; nothing is changed."""

from pydantic import JsonValue

from dsp.analysis.health import Health, examine
from streaming.analyses.reading import audio_of
from streaming.errand import Report
from streaming.measuring import decibels, finite
from streaming.question import Caution, Findings, Question, StemFile

DC_DB = -50.0
MONO_DB = -6.0
NEGATIVE = 0.25
"""The share of the time with negative correlation that is worth a word."""
_DEAD = 1e-6


def check(question: Question, report: Report) -> Findings:
    """Examine every stem."""
    figures: list[JsonValue] = []
    warnings: list[Caution] = []
    for number, stem in enumerate(question.stems):
        health = examine(audio_of(stem))
        figures.append(_figures(stem, health))
        warnings += [Caution(code, f"“{stem.name}” {told}", [stem.id]) for code, told in _faults(health)]
        report((number + 1) / len(question.stems))
    return Findings({"stems": figures}, warnings)


def _figures(stem: StemFile, health: Health) -> JsonValue:
    return {
        "stem": stem.id,
        "peak_dbfs": finite(decibels(health.peak)),
        "dc_dbfs": finite(decibels(max(map(abs, health.dc)))),
        "clipped_frames": health.clipped,
        "correlation": round(health.correlation, 3),
        "negative_share": round(health.negative, 3),
        "mono_db": round(health.mono_db, 2),
    }


def _faults(health: Health) -> list[tuple[str, str]]:
    """Codes and what follows the stem's name."""
    if not health.peak:
        return [("silent", "is silent.")]
    found = []
    if health.clipped:
        found.append(("clipping", f"is clipped: {health.clipped} frames stand at full scale in runs."))
    if decibels(max(map(abs, health.dc))) > DC_DB:
        found.append(("dc_offset", f"is off centre by {decibels(max(map(abs, health.dc))):.0f} dBFS; a high-pass removes that."))
    return [*found, *_phase(health)]


def _phase(health: Health) -> list[tuple[str, str]]:
    quiet, loud = sorted(health.powers)
    if quiet < _DEAD * loud:
        return [("dead_side", f"plays on its {'left' if health.powers[0] > health.powers[1] else 'right'} side only.")]
    if health.correlation < 0:
        return [("negative_correlation", f"has sides that work against each other (correlation {health.correlation:.2f}).")]
    if health.mono_db < MONO_DB:
        return [("mono_loss", f"loses {-health.mono_db:.0f} dB in mono.")]
    if health.negative > NEGATIVE:
        return [("phase", f"has negative correlation for {health.negative:.0%} of the time.")]
    return []
