"""What the drummers play, bar by bar, in sixteenths: X hard, x firm, o soft, - a ghost."""

from collections.abc import Callable

from dsp.synth.form import BREAK, CHORUS, INTRO, LAST_CHORUS, OUTRO, SECTIONS, VERSE, Section
from dsp.synth.score import BEATS, Hit, bar_hits

Bar = dict[str, str]

_INTRO: Bar = {"hat": "x.o. x.o. x.o. x.oo"}
_VERSE: tuple[Bar, Bar] = (
    {"kick": "X... ...x ..X. ....", "snare": ".... X..- .-.. X...", "hat": "x.ox o.x. x.ox o.xo"},
    {"kick": "X... ..o. ..Xx ....", "snare": ".... X..- .-.. X..o", "hat": "x.ox o.x. x.ox ..xo", "open": ".... .... .... o..."},
)
_CHORUS: tuple[Bar, Bar] = (
    {"kick": "X... X..o X... X...", "snare": ".... X..- ...- X...", "hat": "o.-. o.-. o.-. o.-o", "open": "..x. ..x. ..x. ..x."},
    {"kick": "X... X... X.o. X..x", "snare": ".... X... .-.- X..-", "hat": "o.-. o.-. o.-. o.-.", "open": "..x. ..x. ..x. ..x."},
)
_BREAK: tuple[Bar, ...] = (
    {"kick": "X... .... .... ....", "hat": "o... o... o... o..."},
    {"kick": "X... .... .... ....", "hat": "o.-. o.-. o.-. o.-."},
    {"kick": "X... x... X... x...", "snare": "-... -... o... o.o.", "hat": "o.o. o.o. o.o. o.o."},
    {"kick": "X... X... X.X. XXXX", "snare": "o.o. o.o. oooo xxXX", "open": ".... .... .... x.x."},
)
_OUTRO: tuple[Bar, ...] = ({"kick": "X... .... .... ....", "crash": "X... .... .... ...."}, {})

_TURN: Bar = {
    "kick": "X... ...x ..X. x...",
    "snare": ".... X..- .-.. ..xX",
    "hat": "x.ox o.x. x.o. ....",
    "high tom": ".... .... .... Xx..",
}
_FILL: Bar = {
    "kick": "X... X... X... X...",
    "snare": ".... X..o xoX. ....",
    "high tom": ".... .... ...x Xo..",
    "mid tom": ".... .... .... ..x.",
    "low tom": ".... .... .... ...X",
    "open": "..x. ..x. .... ....",
}
_BIG_FILL: Bar = {
    "kick": "X... X... X... X.X.",
    "snare": "X.xx X.xo Xo.. ....",
    "high tom": ".... .... ..Xx o...",
    "mid tom": ".... .... .... .Xx.",
    "low tom": ".... .... .... ...X",
}


def _kit_bar(section: Section, n: int) -> Bar:
    if section is INTRO:
        return _INTRO if n < 3 else {**_INTRO, "snare": ".... .... ..-o ..xX", "kick": ".... .... .... x..."}
    if section is VERSE:
        return {3: _TURN, 7: _FILL}.get(n, _VERSE[n % 2])
    if section is BREAK:
        return _BREAK[n]
    if section is OUTRO:
        return _OUTRO[n]
    return {3: _TURN, 7: _BIG_FILL}.get(n, _CHORUS[n % 2])


def kit() -> list[Hit]:
    """Every stroke on the kit: a groove for each section, a turn in its middle, a fill at its end, a crash on what begins."""
    crashes = ((VERSE.beat, 0.6), (CHORUS.beat, 1.0), (BREAK.beat, 0.7), (LAST_CHORUS.beat, 1.0), (LAST_CHORUS.beat + 16.0, 0.8))
    return _played(_kit_bar) + [Hit(beat, "crash", velocity) for beat, velocity in crashes]


def _played(bar_of: Callable[[Section, int], Bar]) -> list[Hit]:
    return [
        hit for section in SECTIONS for n, bar in enumerate(section.bars) for hit in bar_hits(bar * BEATS, bar_of(section, n))
    ]


_SHAKER = "x-o- x-o- x-o- x-oo"
_TUMBAO: Bar = {"slap": ".... x... .... x...", "conga": ".... ..-. .-.. ..xx", "low conga": ".... .... ..o. ...."}
_TUMBAO_TURN: Bar = {"slap": ".... x... ..o. ....", "conga": ".... ..-. x..x ..xx", "low conga": "o... .... ...o x..."}


def _percussion_bar(section: Section, n: int) -> Bar:
    if section is INTRO:
        return {"shaker": _SHAKER, "rim": "..o. ..x. ..o. ...x"} if n >= 2 else {"rim": "..o. ..x. ..o. ...x"}
    if section is OUTRO:
        return {"shaker": "x... .... .... ....", "conga": "x..x ..x. .... ...."} if n == 0 else {}
    congas = _TUMBAO_TURN if n % 4 == 3 else _TUMBAO
    if section is BREAK:
        return {**congas, "rim": "..o. ..x. ..o. ...x"}
    if section is VERSE:
        return {"shaker": _SHAKER, **(congas if n >= 4 else {"rim": "..o. ..o. ..o. ...o"})}
    ring = {"tambourine": "-.x. -.x. -.x. -.xo"} if section is LAST_CHORUS else {}
    return {"shaker": _SHAKER, "clap": ".... X... .... X...", **congas, **ring}


def percussion() -> list[Hit]:
    """Every stroke of the percussionists, who build up from a rim click to congas, claps and a tambourine."""
    return _played(_percussion_bar)
