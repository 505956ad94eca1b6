"""The table of parameters, in the order of the signal: all that a strip, a group, an effect and the master can be told.

A parameter that is added here is validated, documented, shown and glides at once; a stage of the kernel gives it its sound.
"""

from dsp.desk.parameter import Law, Parameter, Scope, choice, fader, frequency, number, span, switch

KINDS = ("bell", "low_shelf", "high_shelf", "notch")
"""Shapes of an equaliser's band."""
SLOPES = ("12", "24")
"""Decibels per octave of a high-pass or low-pass."""
DETECTORS = ("peak", "rms")
PAN_LAWS = ("power", "compromise", "linear", "balance")
"""-3 dB, -4.5 dB and -6 dB at the centre (all scaled to unity there), and a balance that only turns down."""
DIVISIONS = ("free", "1/16t", "1/16", "1/8t", "1/16d", "1/8", "1/4t", "1/8d", "1/4", "1/2t", "1/4d", "1/2")
"""Note values of a delay; t is a triplet, d is dotted, free takes the time in milliseconds."""
BANDS = 4
MATCH_HZ = (40.0, 80.0, 125.0, 250.0, 500.0, 1_000.0, 1_600.0, 2_500.0, 4_000.0, 6_300.0, 10_000.0, 14_000.0)
"""Centres of the bells with which a mix takes on a reference's spectrum."""


def _eq(scope: Scope, bands: tuple[tuple[str, float], ...]) -> tuple[Parameter, ...]:
    return tuple(row for place, (kind, hz) in enumerate(bands, 1) for row in (
        choice(scope, f"eq/{place}/kind", f"EQ {place} shape", KINDS, kind, "Bell, shelf or notch."),
        frequency(scope, f"eq/{place}/frequency_hz", f"EQ {place} frequency", 20.0, 20_000.0, hz, f"Where band {place} acts."),
        number(scope, f"eq/{place}/gain_db", f"EQ {place} gain", "dB", -18.0, 18.0, 0.0, f"How much band {place} lifts or cuts.",
               glide_ms=20.0),
        number(scope, f"eq/{place}/q", f"EQ {place} width", "Q", 0.1, 18.0, 0.71, f"How narrow band {place} is.",
               taper="log", law=Law.LOG, glide_ms=20.0),
    ))  # fmt: skip


def _saturation(scope: Scope) -> tuple[Parameter, ...]:
    return (
        switch(scope, "saturation/on", "Saturation", False, "Rounds peaks off and adds overtones."),
        number(scope, "saturation/drive_db", "Drive", "dB", 0.0, 24.0, 6.0, "How hard it is driven.", law=Law.GAIN),
        number(scope, "saturation/mix", "Saturation mix", "", 0.0, 1.0, 1.0, "0 is untouched, 1 is all saturated."),
    )


def _cut(name: str, label: str, low: float, high: float, hz: float, side: str) -> tuple[Parameter, ...]:
    return (
        switch("track", f"{name}/on", label, False, f"Removes what lies {side} its frequency."),
        frequency("track", f"{name}/frequency_hz", f"{label} frequency", low, high, hz, f"The level falls {side} this."),
        choice("track", f"{name}/slope", f"{label} slope", SLOPES, "12", "How many dB it falls per octave."),
    )


def _send(place: int, label: str) -> tuple[Parameter, ...]:
    return (
        fader("track", f"send/{place}/level_db", f"{label} send", -90.0, f"How much of the track goes to the {label.lower()}."),
        switch("track", f"send/{place}/pre", f"{label} send before fader", False, "Takes the send before the fader and mute."),
    )


def _multiband(place: int) -> tuple[Parameter, ...]:
    name, label = f"multiband/{place}", f"Band {place}"
    return (
        number("master", f"{name}/threshold_db", f"{label} threshold", "dB", -60.0, 0.0, -18.0, "Where it starts to turn down."),
        number("master", f"{name}/ratio", f"{label} ratio", ":1", 1.0, 20.0, 2.0, "How many dB in make one dB out.",
               taper="log"),
        span("master", f"{name}/attack_ms", f"{label} attack", "ms", 0.1, 200.0, 15.0, "How fast it turns down."),
        span("master", f"{name}/release_ms", f"{label} release", "ms", 5.0, 2_000.0, 150.0, "How fast it lets go."),
        number("master", f"{name}/makeup_db", f"{label} make-up", "dB", -12.0, 12.0, 0.0, "Level after it.", law=Law.GAIN),
    )  # fmt: skip


CATALOGUE: tuple[Parameter, ...] = (
    number("track", "trim_db", "Trim", "dB", -24.0, 24.0, 0.0, "Level of the stem before everything else.", law=Law.GAIN),
    switch("track", "polarity", "Polarity", False, "Turns the stem upside down."),
    *_cut("highpass", "High-pass", 20.0, 1_000.0, 80.0, "below"),
    *_cut("lowpass", "Low-pass", 500.0, 20_000.0, 12_000.0, "above"),
    switch("track", "gate/on", "Gate", False, "Turns down what is quiet."),
    number("track", "gate/threshold_db", "Gate threshold", "dB", -80.0, 0.0, -45.0, "Level below which it closes."),
    number("track", "gate/ratio", "Gate ratio", ":1", 1.0, 20.0, 10.0, "How many dB less out for one dB less in.", taper="log"),
    number("track", "gate/range_db", "Gate range", "dB", 0.0, 80.0, 40.0, "How far it closes at most."),
    span("track", "gate/attack_ms", "Gate attack", "ms", 0.05, 100.0, 1.0, "How fast it opens."),
    number("track", "gate/hold_ms", "Gate hold", "ms", 0.0, 1_000.0, 40.0, "How long it stays open."),
    span("track", "gate/release_ms", "Gate release", "ms", 5.0, 2_000.0, 150.0, "How fast it closes."),
    switch("track", "eq/on", "EQ", True, "The four-band equaliser."),
    *_eq("track", (("low_shelf", 100.0), ("bell", 400.0), ("bell", 2_500.0), ("high_shelf", 8_000.0))),
    switch("track", "compressor/on", "Compressor", False, "Evens out loud and quiet."),
    number("track", "compressor/threshold_db", "Threshold", "dB", -60.0, 0.0, -18.0, "Where it starts to turn down."),
    number("track", "compressor/ratio", "Ratio", ":1", 1.0, 20.0, 3.0, "How many dB in make one dB out.", taper="log"),
    number("track", "compressor/knee_db", "Knee", "dB", 0.0, 24.0, 6.0, "How gradually it sets in around the threshold."),
    span("track", "compressor/attack_ms", "Attack", "ms", 0.1, 200.0, 10.0, "How fast it turns down."),
    span("track", "compressor/release_ms", "Release", "ms", 5.0, 2_000.0, 120.0, "How fast it lets go."),
    number("track", "compressor/makeup_db", "Make-up", "dB", -12.0, 24.0, 0.0, "Level after it.", law=Law.GAIN),
    number("track", "compressor/mix", "Mix", "", 0.0, 1.0, 1.0, "0 is untouched, 1 is all compressed."),
    choice("track", "compressor/detector", "Detector", DETECTORS, "peak", "Whether it follows peaks or power."),
    frequency("track", "compressor/sidechain_hz", "Detector high-pass", 20.0, 1_000.0, 20.0, "It does not hear what lies below."),
    *_saturation("track"),
    *_send(1, "Reverb"),
    *_send(2, "Delay"),
    number("track", "width", "Width", "", 0.0, 2.0, 1.0, "0 is mono, 1 as it is, 2 twice as wide."),
    number("track", "pan", "Pan", "", -1.0, 1.0, 0.0, "-1 is left, 1 is right."),
    choice("track", "pan_law", "Pan law", PAN_LAWS, "power", "How the level changes on the way to a side."),
    fader("track", "fader_db", "Fader", 0.0, "Level in the mix; -90 is off."),
    switch("track", "mute", "Mute", False, "Silences the track; it wins over solo."),
    switch("track", "solo", "Solo", False, "Silences every track that is not soloed."),
    switch("track", "solo_safe", "Solo safe", False, "Keeps the track when others are soloed."),
    fader("group", "fader_db", "Group", 0.0, "Level of the group in the mix."),
    switch("group", "mute", "Group mute", False, "Silences the group."),
    switch("group", "solo", "Group solo", False, "Silences every track outside the soloed groups that is not soloed itself."),
    number("reverb", "predelay_ms", "Pre-delay", "ms", 0.0, 250.0, 10.0, "How long it waits."),
    number("reverb", "decay_s", "Decay", "s", 0.2, 12.0, 1.8, "Time until it is 60 dB down.", taper="log", law=Law.LOG,
           glide_ms=20.0),
    number("reverb", "damping", "Damping", "", 0.0, 1.0, 0.35, "How fast its treble fades.", glide_ms=20.0),
    number("reverb", "size", "Size", "", 0.5, 1.5, 1.0, "How large the room is.", glide_ms=50.0),
    number("reverb", "width", "Width", "", 0.0, 1.0, 1.0, "0 is mono, 1 is as wide as it gets."),
    fader("reverb", "return_db", "Return", 0.0, "Level of the reverb in the mix."),
    choice("delay", "division", "Division", DIVISIONS, "1/8d", "Time between echoes, in the tempo of the song."),
    span("delay", "time_ms", "Time", "ms", 10.0, 2_000.0, 375.0, "Time between echoes when the division is free."),
    number("delay", "feedback", "Feedback", "", 0.0, 0.95, 0.35, "How much of an echo is heard again."),
    switch("delay", "ping_pong", "Ping-pong", True, "Echoes go from side to side."),
    frequency("delay", "highpass_hz", "Low cut", 20.0, 2_000.0, 150.0, "Echoes lose what lies below."),
    frequency("delay", "lowpass_hz", "High cut", 500.0, 20_000.0, 6_000.0, "Echoes lose what lies above."),
    number("delay", "width", "Width", "", 0.0, 1.0, 1.0, "0 is mono, 1 is as wide as it gets."),
    fader("delay", "return_db", "Return", 0.0, "Level of the echoes in the mix."),
    switch("master", "match/on", "Match", False, "Takes on the sound of a reference."),
    number("master", "match/strength", "Match strength", "", 0.0, 1.0, 1.0, "How far towards the reference."),
    *(number("master", f"match/gain/{place}", f"Match {hz:g} Hz", "dB", -12.0, 12.0, 0.0, f"What it has more around {hz:g} Hz.",
             glide_ms=20.0) for place, hz in enumerate(MATCH_HZ, 1)),
    number("master", "match/width", "Match width", "", 0.5, 2.0, 1.0, "How much wider the reference is."),
    number("master", "match/level_db", "Match level", "dB", -12.0, 12.0, 0.0, "How much louder the reference is."),
    switch("master", "eq/on", "Master EQ", False, "The four-band equaliser of the mix."),
    *_eq("master", (("low_shelf", 80.0), ("bell", 300.0), ("bell", 3_000.0), ("high_shelf", 10_000.0))),
    switch("master", "multiband/on", "Multiband", False, "Compresses four bands, each by itself."),
    frequency("master", "multiband/crossover/1_hz", "Crossover 1", 40.0, 400.0, 120.0, "Between bands 1 and 2."),
    frequency("master", "multiband/crossover/2_hz", "Crossover 2", 400.0, 2_000.0, 800.0, "Between bands 2 and 3."),
    frequency("master", "multiband/crossover/3_hz", "Crossover 3", 2_000.0, 12_000.0, 5_000.0, "Between bands 3 and 4."),
    *(row for place in range(1, BANDS + 1) for row in _multiband(place)),
    number("master", "width", "Master width", "", 0.0, 2.0, 1.0, "0 is mono, 1 as it is, 2 twice as wide."),
    *_saturation("master"),
    fader("master", "fader_db", "Master", 0.0, "Level of the whole mix, before the limiter."),
    switch("master", "limiter/on", "Limiter", True, "Holds peaks below the ceiling."),
    number("master", "limiter/ceiling_db", "Ceiling", "dB", -12.0, 0.0, -1.0, "No peak goes above this.",
           law=Law.GAIN),
    span("master", "limiter/release_ms", "Release", "ms", 10.0, 1_000.0, 80.0, "How fast it lets go."),
    number("master", "trim_db", "Output trim", "dB", -24.0, 0.0, 0.0, "Level behind the limiter, to compare at equal loudness.",
           law=Law.GAIN),
)  # fmt: skip

AUDIBLE = number("track", "audible", "Audible", "", 0.0, 1.0, 1.0, "What mute, solo and solo-safe come to.")
HEARD = number("track", "heard", "Heard", "", 0.0, 1.0, 1.0, "What solo and solo-safe leave of a send before fader and mute.")
ROUTES = tuple(number("track", f"route/{place}", f"Route {place}", "", 0.0, 1.0, float(place == 0),
                      "How much of the track plays through a group (0: past them).") for place in range(5))  # fmt: skip
GROUP_AUDIBLE = number("group", "audible", "Audible", "", 0.0, 1.0, 1.0, "What the group's mute comes to.")
DELAY_FRAMES = number("delay", "frames", "Frames", "", 480.0, 96_000.0, 18_000.0, "Time between echoes, from tempo and division.")
ENGINE_ONLY: tuple[Parameter, ...] = (AUDIBLE, HEARD, *ROUTES, GROUP_AUDIBLE, DELAY_FRAMES)
"""What the engine is told besides; resolved from documents by ``dsp/desk/compile.py``."""
DOCUMENT_ONLY = {
    ("track", "mute"), ("track", "solo"), ("track", "solo_safe"), ("group", "mute"), ("group", "solo"),
    ("delay", "division"), ("delay", "time_ms"),
}  # fmt: skip
"""What is resolved into those and has no place in the engine."""
