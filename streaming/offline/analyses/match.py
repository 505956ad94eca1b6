"""A mix beside a reference: spectra, loudness, dynamics and width of both, and what the master's match stage would be set to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from dsp.analysis import match as matching
from dsp.analysis.profile import THIRDS, Profile, Profiler
from dsp.desk.mix import Mix
from dsp.grid import RATE
from streaming.offline.analyses.reading import Block, audio_of, blocks_of, rendered, tracks_of
from streaming.offline.errand import Refused, Report
from streaming.offline.measuring import Levels, finite, levels
from streaming.offline.question import Change, Findings, Question, StemFile, Suggestion

_RENDERING = 0.6


@dataclass(frozen=True, slots=True)
class _Sound:
    profile: Profile
    levels: Levels

    def figures(self) -> dict[str, JsonValue]:
        heard = self.levels.loudness
        return {
            "thirds_db": [round(float(level), 2) for level in self.profile.level_db],
            "widths": [round(min(float(width), 99.0), 3) for width in self.profile.width],
            "width": round(min(self.profile.overall_width, 99.0), 3),
            "loudness_lufs": finite(heard.integrated_lufs),
            "range_lu": finite(heard.range_lu),
            "psr_db": finite(self.levels.true_peak_dbtp - heard.max_short_term_lufs),
            "true_peak_dbtp": finite(self.levels.true_peak_dbtp),
        }


def compare(question: Question, report: Report) -> Findings:
    """Compare the mix, without match and the reference's own tracks, with a reference. Raises :class:`Refused`."""
    stem, desk = _reference(question), Mix.parse(question.mix)
    reference = _sound(blocks_of(audio_of(stem)))
    report(1 - _RENDERING)
    told: Report = lambda share: report(1 - _RENDERING + _RENDERING * share)  # noqa: E731 - named for its length
    mix = _sound(rendered(question, told, tracks_of(desk, stem)))
    louder = reference.levels.loudness.integrated_lufs - mix.levels.loudness.integrated_lufs
    if not -200 < louder < 200:
        raise Refused("too_quiet", "The mix or the reference is silent: there is nothing to match.")
    found = matching.match(mix.profile, reference.profile, louder)
    figures: dict[str, JsonValue] = {
        "thirds_hz": [round(hz, 1) for hz in THIRDS],
        "mix": mix.figures(),
        "reference": reference.figures(),
        "curve_db": list(found.curve_db),
        "gains_db": list(found.gains_db),
        "width": found.width,
        "louder_db": finite(louder),
    }
    return Findings(figures, [], [_suggestion(desk, found)])


def _reference(question: Question) -> StemFile:
    stem = next((stem for stem in question.stems if stem.id == question.options.reference), None)
    if stem is None:
        raise Refused("no_reference", "A match needs a reference among the project's stems.")
    return stem


def _sound(blocks: Iterable[Block]) -> _Sound:
    """Profile and levels in one pass."""
    profiler = Profiler()

    def profiled() -> Iterator[Block]:
        for block in blocks:
            profiler.feed(block)
            yield block

    measured = levels(profiled(), RATE)
    return _Sound(profiler.result(), measured)


def _suggestion(mix: Mix, found: matching.Match) -> Suggestion:
    wanted: dict[str, JsonValue] = {f"match/gain/{place}": gain for place, gain in enumerate(found.gains_db, 1)}
    wanted |= {"match/width": found.width, "match/level_db": found.level_db, "match/on": True}
    changes = [Change(f"master/{name}", mix.get(f"master/{name}"), value) for name, value in wanted.items()]
    return Suggestion("match", "Let the master match the reference; its strength is a knob.", changes)
