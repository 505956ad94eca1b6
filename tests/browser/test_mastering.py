"""What becomes of a song in the browser: files to a loudness, and tools that look at its stems."""

from collections.abc import Callable

from helpers.chromium import Console

RENDERED_MS = 300_000


def test_a_song_is_mastered_to_a_loudness(new_song: Callable[..., Console]) -> None:
    """An MP3 at -14 LUFS: what cannot be had is greyed, and the list tells what was measured and that the target was reached."""
    console = new_song()
    console.page.get_by_role("button", name="Bounce…").click()
    dialog = console.page.get_by_role("dialog", name="Bounce")
    dialog.get_by_role("radio", name="MP3").click()
    assert dialog.get_by_role("radio", name="96 kHz").is_disabled()
    dialog.get_by_label("Master to").select_option("-14")
    dialog.get_by_role("button", name="Bounce", exact=True).click()
    dialog.get_by_role("link", name="Download").wait_for(timeout=RENDERED_MS)
    told = dialog.get_by_role("list", name="Bounces").inner_text()
    assert "MP3" in told
    assert "dBTP" in told
    assert "target reached" in told


def test_a_tool_finds_and_applies(new_song: Callable[..., Console]) -> None:
    """Levels are set by one Apply, which one undo takes back."""
    console = new_song()
    page = console.page
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("button", name="Set levels").click()
    apply = page.get_by_role("group", name="Findings").get_by_role("button", name="Apply")
    apply.wait_for(timeout=RENDERED_MS)
    address = f"/projects/{console.state('project')}"
    before = console.call("GET", address)["mix"]
    apply.click()
    console.until(lambda: console.call("GET", address)["mix"] != before)
    page.keyboard.press("Control+z")
    console.until(lambda: console.call("GET", address)["mix"] == before)
