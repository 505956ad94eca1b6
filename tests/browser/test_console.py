"""What a new user meets: the demo, files that become tracks, files that do not, hands, keys, a bounce, and a phone."""

import base64
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from helpers.chromium import RATE, Console, samples

DROP = """([name, content]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))], name));
  for (const type of ['dragenter', 'dragover', 'drop']) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""
PAINTED = """(canvases) => canvases.map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((_, at) => at % 4 === 3).reduce((sum, alpha) => sum + (alpha > 0), 0);
})"""
NAMELESS = ("button", "slider", "switch", "radio", "link", "textbox")
FOCUSED = """() => {
  const at = document.activeElement;
  const place = at === document.body ? null : [...document.querySelectorAll('*')].indexOf(at);
  return { place, ring: getComputedStyle(at).outlineStyle };
}"""
REACHABLE = """() => [...document.querySelectorAll('button, a[href], input, select, [role=slider]')]
  .filter((element) => element.checkVisibility() && !element.disabled && element.tabIndex >= 0).length"""


def test_a_new_visitor_finds_a_song_and_space_plays_it(visit: Callable[..., Console]) -> None:
    """The demo lies on the desk; Space plays it and meters move; Space rests, a full stop goes back to the start."""
    console = visit()
    page = console.page
    assert len(console.tracks()) >= 6
    console.press_play()
    peak = page.get_by_role("button", name="Master highest peak")
    console.until(lambda: "none" not in (peak.get_attribute("aria-label") or ""))
    assert page.get_by_role("timer", name="Playhead").inner_text() > "0:00.000"
    assert page.title().startswith("▶")
    console.rest()
    page.keyboard.press(".")
    console.until(lambda: console.state("transport") == "stopped" and console.state("position") == 0)


def test_files_become_tracks_with_waveforms(new_song: Callable[..., Console]) -> None:
    """WAV, FLAC, MP3 and Opus files become tracks that are named after them, with waveforms, and play."""
    console = new_song()
    assert sorted(console.tracks()) == ["bass", "drums", "keys", "lead"]
    lanes = console.page.get_by_role("slider", name="Playhead").locator("canvas")
    console.until(lambda: min(lanes.evaluate_all(PAINTED)) > 1000)
    console.press_play()
    console.until(lambda: console.state("playhead") > RATE)


def test_a_broken_file_is_told_and_nothing_else_changes(new_song: Callable[..., Console], tmp_path: Path) -> None:
    """A ZIP named .wav that is dropped on the page gives a sentence of why; the tracks and the music stay."""
    console = new_song()
    page, before = console.page, console.tracks()
    console.press_play()
    with zipfile.ZipFile(tmp_path / "liar.wav", "w") as archive:
        archive.writestr("readme.txt", "no music in here" * 100)
    content = (tmp_path / "liar.wav").read_bytes()
    page.evaluate(DROP, ["liar.wav", base64.b64encode(content).decode()])
    uploads = page.get_by_role("region", name="Uploads")
    failed = uploads.locator("li.failed")
    failed.wait_for()
    assert "liar.wav" in failed.inner_text()
    assert len(failed.inner_text()) > len("liar.wav") + 20
    page.get_by_role("button", name="Dismiss liar.wav").click()
    console.until(lambda: uploads.count() == 0)
    assert console.tracks() == before
    assert console.state("transport") == "playing"
    console.problems[:] = [problem for problem in console.problems if "Failed to load resource" not in problem]


def test_knobs_seek_loop_undo_and_redo(new_song: Callable[..., Console]) -> None:
    """A fader by mouse and by keys, undo and redo of each as one step, a click that seeks, a cycle that holds the playhead."""
    console = new_song()
    page = console.page
    fader = console.slider("bass Fader")

    def shown() -> str:
        return fader.get_attribute("aria-valuetext") or ""

    console.press_play()
    console.drag("bass Fader", -50)
    dragged = shown()
    assert dragged != "0.0 dB"
    fader.focus()
    page.keyboard.press("PageUp")
    console.until(lambda: shown() != dragged)
    turned = shown()
    for keys, meant in (
        ("Control+z", dragged),
        ("Control+z", "0.0 dB"),
        ("Control+Shift+z", dragged),
        ("Control+Shift+z", turned),
    ):
        page.wait_for_timeout(150)
        page.keyboard.press(keys)
        console.until(lambda meant=meant: shown() == meant)
    console.click_song(0.5)
    console.until(lambda: console.state("position") > 5 * RATE)
    console.draw_loop(0.2, 0.3)
    console.click_song(0.22)
    console.until(lambda: page.get_by_role("button", name="Cycle").get_attribute("aria-pressed") == "true")
    console.until(lambda: console.state("position") < 5 * RATE)
    played = console.state("playhead")
    console.until(lambda: console.state("playhead") > played + 3 * RATE)
    assert 0.15 < console.state("position") / (12 * RATE * 1.02) < 0.35


def test_a_bounce_is_made_followed_and_downloaded(new_song: Callable[..., Console]) -> None:
    """The dialog bounces the song as the desk is; the file that is downloaded holds the same samples as the HTTP route's."""
    console = new_song()
    page = console.page
    console.drag("drums Fader", -30)
    page.get_by_role("button", name="Bounce…").click()
    dialog = page.get_by_role("dialog", name="Bounce")
    dialog.get_by_role("radio", name="32 float").click()
    dialog.get_by_role("button", name="Bounce", exact=True).click()
    link = dialog.get_by_role("link", name="Download")
    link.wait_for(timeout=300_000)  # a bounce renders at idle priority
    with page.expect_download() as downloading:
        link.click()
    audio = samples(Path(downloading.value.path()).read_bytes())
    assert downloading.value.suggested_filename.endswith(".wav")
    assert len(audio) >= 12 * RATE
    page.keyboard.press("Escape")
    revision = console.call("GET", f"/projects/{console.state('project')}")["revision"]["id"]
    assert np.array_equal(audio, console.bounced(revision=revision))


def test_every_control_has_a_name_and_a_place_in_the_tab_order(new_song: Callable[..., Console]) -> None:
    """What can be turned or pressed is named for those who hear it, reached by Tab, and shows that it has the focus."""
    console = new_song()
    page = console.page
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMELESS]
    assert [node for node in controls if not node.get("name", {}).get("value")] == []
    seen = set()
    for _ in range(page.evaluate(REACHABLE) + 20):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["place"] is not None:
            assert focused["ring"] != "none", focused
            seen.add(focused["place"])
    assert len(seen) >= page.evaluate(REACHABLE) > 60


def test_a_phone_has_the_whole_desk(visit: Callable[..., Console]) -> None:
    """At 390 by 844 nothing sticks out; views change by tabs; it plays, and a fader turns."""
    console = visit("codec=pcm-f32", viewport={"width": 390, "height": 844}, has_touch=True)
    page = console.page
    for view in ("Timeline", "Mixer", "Track"):
        page.get_by_role("navigation", name="Views").get_by_role("button", name=view).click()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("navigation", name="Views").get_by_role("button", name="Mixer").click()
    page.get_by_role("button", name="Play", exact=True).tap()
    console.until(lambda: console.state("running"))
    fader = console.slider("Bass Fader")
    before = fader.get_attribute("aria-valuetext")
    fader.focus()
    page.keyboard.press("PageDown")
    console.until(lambda: fader.get_attribute("aria-valuetext") != before)
    assert page.get_by_role("button", name="Bounce").is_visible()
