"""Groups, sends, width and solo-safe by the hands of a user, and in the song that comes out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.chromium import RATE, Console
from playwright.sync_api import Locator


def output_of(console: Console, track: str) -> Locator:
    """The card of a selected track that says where it goes."""
    console.page.get_by_role("button", name=track, exact=True).last.click()
    return console.page.get_by_role("group", name="Output")


def heard(console: Console, holds: Callable[[dict[str, Any]], bool]) -> np.ndarray:
    """The song as the desk is, bounced, once the server has the mix that the hands made."""
    console.until(lambda: holds(console.call("GET", f"/projects/{console.state('project')}")["mix"]))
    return console.bounced().astype(float)


def params_of(mix: dict[str, Any], track: str) -> dict[str, Any]:
    """What a track of a mix is set to."""
    return next(one["params"] for one in mix["tracks"] if one["name"] == track)


def test_tracks_go_into_a_group_and_out_again(new_song: Callable[..., Console]) -> None:
    """A new group gets a strip; its fader turns its tracks down, its mute silences them; each step is undone as one."""
    console = new_song()
    page = console.page
    dry = heard(console, lambda mix: len(mix["tracks"]) == 4)
    output_of(console, "bass").get_by_role("combobox", name="Plays through").select_option(label="New group …")
    strip = page.get_by_role("region", name="Group Group 1")
    strip.wait_for()
    output_of(console, "drums").get_by_role("combobox", name="Plays through").select_option(label="Group 1")
    assert sorted(strip.get_by_role("listitem").all_inner_texts()) == ["bass", "drums"]
    grouped = heard(console, lambda mix: sum(track["group"] is not None for track in mix["tracks"]) == 2)
    assert np.abs(grouped - dry).max() < 1e-5
    for track in ("keys", "lead"):
        output_of(console, track).get_by_role("combobox", name="Plays through").select_option(label="Group 1")
    slider = page.get_by_role("slider", name="Group 1 Group", exact=True)
    slider.focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    quiet = heard(console, lambda mix: mix["groups"][0]["params"] == {"fader_db": -6.0})
    assert np.abs(quiet[:RATE] - dry[:RATE] * 10 ** (-6 / 20)).max() < 1e-5
    strip.get_by_role("button", name="Mute Group 1").click()
    assert page.get_by_role("region", name="bass, muted with its group").count() == 1
    assert not heard(console, lambda mix: "mute" in mix["groups"][0]["params"]).any()
    strip.get_by_role("button", name="Dissolve Group 1").click()
    console.until(lambda: strip.count() == 0)
    assert np.abs(heard(console, lambda mix: mix["groups"] == []) - dry).max() < 1e-5
    page.keyboard.press("Control+z")
    console.until(lambda: strip.count() == 1 and strip.get_by_role("listitem").count() == 4)


def test_what_is_solo_safe_stays(new_song: Callable[..., Console]) -> None:
    """Shift-click on a solo button keeps a track when others are soloed, and the strip says so."""
    console = new_song()
    page = console.page
    page.get_by_role("button", name="Solo bass", exact=True).click(modifiers=["Shift"])
    page.get_by_role("button", name="Solo keys", exact=True).click()
    assert page.get_by_role("button", name="Solo bass, solo-safe", exact=True).get_attribute("aria-pressed") == "false"
    silent = page.get_by_role("region", name="silent: others are soloed").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert sorted(label.partition(",")[0] for label in silent) == ["drums", "lead"]


@pytest.mark.parametrize("law", ["−6 dB", "Balance"])
def test_pan_law_and_width_are_chosen(new_song: Callable[..., Console], law: str) -> None:
    """A narrow track panned to a side comes out there, as loud as its law says."""
    console = new_song()
    output = output_of(console, "bass")
    console.page.get_by_role("button", name="Solo bass", exact=True).click()
    output.get_by_role("slider", name="bass Width", exact=True).focus()
    console.page.keyboard.press("Home")
    mono = heard(console, lambda mix: params_of(mix, "bass") == {"width": 0.0})
    assert np.array_equal(mono[:, 0], mono[:, 1])
    output.get_by_role("slider", name="bass Pan", exact=True).focus()
    console.page.keyboard.press("End")
    output.get_by_role("combobox", name="Pan law").select_option(label=law)
    side = heard(console, lambda mix: {"pan", "pan_law"} <= params_of(mix, "bass").keys())
    assert not side[:, 0].any()
    quiet = np.abs(mono[:, 1]) < 0.3
    assert np.allclose(side[quiet, 1], mono[quiet, 1] * (2.0 if law == "−6 dB" else 1.0), rtol=0, atol=1e-4)
