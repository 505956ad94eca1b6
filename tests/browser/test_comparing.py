"""A and B, strips that are bypassed, a mix that takes on a reference, and a page that does not fit its server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.chromium import Console
from helpers.serving import Server
from playwright.sync_api import Browser, Locator, Route

FOUND_MS = 300_000
"""Analyses run at idle priority."""


def mix_of(console: Console) -> dict[str, Any]:
    """The mix as the server has it."""
    found: dict[str, Any] = console.call("GET", f"/projects/{console.state('project')}")["mix"]
    return found


def stages(mix: dict[str, Any]) -> set[bool]:
    """Whether the equalisers of the tracks, which are in at rest, are in."""
    return {track["params"].get("eq/on", True) for track in mix["tracks"]}


def hears(console: Console, side: str) -> bool:
    """Whether a side is marked as the one that is heard."""
    radios = console.page.get_by_role("radiogroup", name="Side that is heard").get_by_role("radio", name=f"{side}:")
    return radios.get_attribute("aria-checked") == "true"


def compare(console: Console) -> Locator:
    """The panel that says what stands on A and B, opened."""
    console.page.get_by_role("button", name="Compare: what stands on A and B").click()
    panel = console.page.get_by_role("dialog", name="Compare")
    panel.get_by_label("On side B").wait_for()
    return panel


def test_x_switches_and_what_is_only_heard_is_locked(new_song: Callable[..., Console]) -> None:
    """X splices in the bypassed desk and the desk again; B turns nothing and says why; undo takes back what was done before."""
    console = new_song()
    page = console.page
    console.drag("bass Fader", -50)
    desk = mix_of(console)
    console.press_play()
    for _ in range(2):
        splices = console.state("splices")
        page.keyboard.press("x")
        console.until(lambda: hears(console, "B") and stages(mix_of(console)) == {False})
        bypassed = mix_of(console)
        console.drag("bass Fader", 30, steps=2)
        page.locator(".notices").get_by_text("B is only listened to").wait_for()
        assert console.slider("bass Fader").get_attribute("aria-disabled") == "true"
        assert mix_of(console) == bypassed
        page.keyboard.press("x")
        console.until(lambda: hears(console, "A") and mix_of(console) == desk)
        console.until(lambda splices=splices: console.state("splices") >= splices + 2)
    assert console.slider("bass Fader").get_attribute("aria-disabled") is None
    page.keyboard.press("Control+z")
    console.until(lambda: console.slider("bass Fader").get_attribute("aria-valuetext") == "0.0 dB")


def test_two_versions_are_heard_equally_loud_and_one_is_kept(new_song: Callable[..., Console]) -> None:
    """A kept version on B is turned down by what it is louder, over a reload too; kept, it is the desk, at its own level."""
    console = new_song()
    page = console.page
    panel = compare(console)
    panel.get_by_label("Name of the version").fill("Loud")
    panel.get_by_role("button", name="Keep a version").click()
    page.locator(".notices").get_by_text("“Loud” is kept").wait_for()
    page.keyboard.press("Escape")
    console.slider("Master").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    console.until(lambda: mix_of(console)["master"]["params"].get("fader_db") == -6)
    compare(console).get_by_label("On side B").select_option(label="Loud")
    panel.get_by_role("switch", name="Equal loudness").click()
    panel.get_by_text("The louder side is turned down").wait_for(timeout=FOUND_MS)
    told = [panel.get_by_label(f"Loudness of {side}").inner_text().replace("−", "-") for side in "AB"]
    a, b = (float(words.split(" LUFS")[0]) for words in told)
    assert b > a + 1
    panel.get_by_role("button", name="Hear B").click()
    console.until(lambda: mix_of(console)["master"]["params"].get("trim_db", 0) == pytest.approx(a - b, abs=0.15))
    page.reload()
    console.until(lambda: console.state("line") == "open" and hears(console, "B"))
    page.get_by_role("region", name="Comparison").get_by_role("button", name="Keep B").click()
    console.until(lambda: mix_of(console)["master"]["params"].get("trim_db", 0) == 0)
    assert mix_of(console)["master"]["params"].get("fader_db", 0) == 0
    assert page.get_by_role("radio", name="A: The desk before").is_visible()
    assert console.slider("bass Fader").get_attribute("aria-disabled") is None


def test_a_strip_is_bypassed_and_put_in_again(new_song: Callable[..., Console]) -> None:
    """Bypass takes out what is in, and exactly that comes back; one undo takes back either; where nothing is in it says why."""
    console = new_song()
    page = console.page
    page.get_by_role("switch", name="Compressor").click()
    console.until(lambda: any(track["params"].get("compressor/on") for track in mix_of(console)["tracks"]))
    before = mix_of(console)
    bypass = page.get_by_role("button", name="Bypass all stages")
    bypass.click()
    console.until(lambda: not any(track["params"].get("compressor/on") for track in mix_of(console)["tracks"]))
    assert bypass.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Control+z")
    console.until(lambda: mix_of(console) == before)
    bypass.click()
    console.until(lambda: mix_of(console) != before)
    page.keyboard.press("y")
    console.until(lambda: mix_of(console) == before)
    page.get_by_role("tab", name="Master").click()
    page.get_by_role("button", name="Bypass the master").press("Enter")
    page.locator(".notices").get_by_text("nothing to bypass").wait_for()


@pytest.mark.soak
def test_the_master_takes_on_a_reference(new_song: Callable[..., Console], stems: list[Path]) -> None:
    """An uploaded reference lies muted; the mix beside it gives a curve, taken on in one step; Clear leaves none of it."""
    console = new_song()
    page = console.page
    page.get_by_role("tab", name="Master").click()
    page.get_by_role("button", name="Match", exact=True).click()
    match = page.get_by_role("region", name="Match")
    match.get_by_role("button", name="Compare the mix with it").press("Enter")
    page.locator(".notices").get_by_text("Choose a reference first").wait_for()
    reference = {"name": "reference.opus", "mimeType": "audio/ogg", "buffer": stems[3].read_bytes()}
    match.get_by_label("Reference file").set_input_files(files=[reference])
    console.until(lambda: [track["name"] for track in mix_of(console)["tracks"] if track["mute"]] == ["reference"])
    match.get_by_role("button", name="Compare the mix with it").click()
    take = match.get_by_role("button", name="Take it on")
    take.wait_for(timeout=FOUND_MS)
    gains = console.call("GET", f"/projects/{console.state('project')}/analyses")["analyses"][0]["result"]["figures"]["gains_db"]
    assert "Suggested: " in (match.get_by_role("img").get_attribute("aria-label") or "")
    before = mix_of(console)["master"]
    take.click()
    console.until(lambda: mix_of(console)["master"]["params"].get("match/on"))
    params = mix_of(console)["master"]["params"]
    assert [params.get(f"match/gain/{place}", 0.0) for place in range(1, 13)] == pytest.approx(gains, abs=0.01)
    assert max(map(abs, gains)) > 0.5
    match.get_by_role("button", name="Clear the match").click()
    console.until(lambda: not {value for name, value in mix_of(console)["master"]["params"].items() if "gain" in name} - {0})
    page.keyboard.press("Control+z")
    console.until(lambda: mix_of(console)["master"]["params"] == params)
    page.keyboard.press("Control+z")
    console.until(lambda: mix_of(console)["master"] == before)


@pytest.mark.soak
def test_a_page_that_does_not_fit_its_server_says_so(server: Server, browser: Browser) -> None:
    """Without an answer it offers to try again; without a parameter that it shows it offers to load the page again."""
    page = browser.new_context().new_page()
    answers: list[Callable[[Route], None]] = []

    def without_pan(route: Route) -> None:
        schema = route.fetch().json()
        schema["parameters"] = [row for row in schema["parameters"] if row["name"] != "pan"]
        route.fulfill(body=json.dumps(schema), content_type="application/json")

    page.route("**/console/schema", lambda route: answers.pop(0)(route) if answers else route.continue_())
    answers += [lambda route: route.abort(), lambda route: route.fulfill(body="<html>", content_type="text/html"), without_pan]
    page.goto(server.url)
    page.get_by_text("The server cannot be reached.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("not of its API").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("This page and the server do not fit").wait_for()
    page.get_by_role("button", name="Load the page again").click()
    page.get_by_role("group", name="Mixer").wait_for()
    page.context.close()
