"""Presets and settings over HTTP: one step, one undo."""

from typing import Any

from helpers.desk import Guest


async def track(guest: Guest) -> str:
    """A project with one track."""
    project = await guest.project()
    await guest.edit(project, "tracks/t1", {"name": "Voice", "params": {"fader_db": -3.0, "eq/1/gain_db": 6.0}})
    return project


async def applied(guest: Guest, project: str, **body: Any) -> Any:
    """The mix after something was applied."""
    return (await guest.call("POST", f"/projects/{project}/console/apply", json=body))["mix"]


async def test_the_presets_are_listed(guest: Guest) -> None:
    """Each comes with its scope, family and parameters."""
    presets = (await guest.call("GET", "/console/presets"))["presets"]
    assert len(presets) >= 24
    assert {"track", "reverb", "delay", "master"} == {preset["scope"] for preset in presets}
    assert next(one for one in presets if one["id"] == "vocal-warm")["params"]["compressor/on"] is True


async def test_a_preset_takes_its_strip(guest: Guest) -> None:
    """Its stages are set, what it does not name there goes to rest, and the level stays."""
    project = await track(guest)
    mix = await applied(guest, project, preset="telephone", target="tracks/t1")
    params = mix["tracks"][0]["params"]
    assert (params["highpass/slope"], params["lowpass/frequency_hz"], params["fader_db"]) == ("24", 3200.0, -3.0)
    assert "eq/1/gain_db" not in params


async def test_intensity_scales_it(guest: Guest) -> None:
    """At 0 the strip is neutral."""
    project = await track(guest)
    mix = await applied(guest, project, preset="vocal-warm", target="tracks/t1", intensity=0.0)
    assert "compressor/on" not in mix["tracks"][0]["params"]
    half = await applied(guest, project, preset="vocal-warm", target="tracks/t1", intensity=0.5)
    assert half["tracks"][0]["params"]["eq/3/gain_db"] == 0.75


async def test_effects_and_the_master_have_theirs(guest: Guest) -> None:
    """An effect takes presets of its kind, the master those for masters."""
    project = await track(guest)
    mix = await applied(guest, project, preset="delay-dub", target="effects/delay")
    assert mix["effects"][1]["params"]["division"] == "1/4d"
    mix = await applied(guest, project, preset="master-broadcast", target="master")
    assert mix["master"]["params"]["fader_db"] == -8.5


async def test_what_does_not_fit_is_refused(guest: Guest) -> None:
    """A preset of another scope, an unknown preset or strip, half a request: each has its sentence, and nothing changes."""
    project = await track(guest)
    path = f"/projects/{project}/console/apply"
    wrong = await guest.refused("POST", path, 422, "invalid_parameter", json={"preset": "delay-dub", "target": "effects/reverb"})
    assert wrong["detail"] == "The preset Dub is for a delay, and this is a reverb."
    await guest.refused("POST", path, 422, "invalid_parameter", json={"preset": "nothing", "target": "master"})
    await guest.refused("POST", path, 422, "unknown_path", json={"preset": "telephone", "target": "tracks/none"})
    for body in ({"preset": "telephone"}, {"target": "master"}, {}, {"settings": {}}, {"preset": "x", "target": "groups/g"},
                 {"settings": {"master/fader_db": 1.0}, "target": "master"},
                 {"preset": "telephone", "target": "tracks/t1", "intensity": 1.5}):  # fmt: skip
        await guest.refused("POST", path, 422, "invalid_parameter", json=body)
    await guest.refused("POST", path, 422, "unknown_path", json={"settings": {"master/nothing": 1.0}})
    assert (await guest.call("GET", f"/projects/{project}"))["revision"]["number"] == 2


async def test_settings_are_one_step(guest: Guest) -> None:
    """Partial settings by path make one revision."""
    project = await track(guest)
    mix = await applied(guest, project, settings={"tracks/t1/pan": 0.25, "master/limiter/ceiling_db": -2.0})
    assert mix["tracks"][0]["params"]["pan"] == 0.25
    assert mix["master"]["params"]["limiter/ceiling_db"] == -2.0
    assert (await guest.call("GET", f"/projects/{project}"))["revision"]["number"] == 3


async def test_bypass_switches_stages_off_in_one_step(guest: Guest) -> None:
    """A track's stages, or everybody's, go off; nothing to switch off changes nothing."""
    project = await track(guest)
    await guest.edit(project, "tracks/t1/gate/on", True)
    mix = await applied(guest, project, bypass="tracks/t1")
    assert mix["tracks"][0]["params"]["eq/on"] is False
    assert "gate/on" not in mix["tracks"][0]["params"]
    number = (await guest.call("GET", f"/projects/{project}"))["revision"]["number"]
    await guest.refused("POST", f"/projects/{project}/console/apply", 422, "unknown_path", json={"bypass": "tracks/t9"})
    await guest.refused("POST", f"/projects/{project}/console/apply", 422, "invalid_parameter", json={"bypass": "effects/reverb"})
    assert (await applied(guest, project, bypass="all")) == mix
    assert (await guest.call("GET", f"/projects/{project}"))["revision"]["number"] == number
