"""Two people in one room, in two pages: joined by link, told apart, and hearing the same at the same time."""

from collections.abc import Callable

import numpy as np
import pytest
from helpers import two_ears
from helpers.chromium import RATE, Console, heard_and_bounced

PCM = "record=60&codec=pcm-f32"
FAR_MS = 50.0
"""What no clock that works is off, however busy the machine; without one it is a hundred and more, after a sleep seconds."""


def invite(owner: Console, role: str) -> str:
    """Make a link by the dialog, as hands would; what follows the address."""
    page = owner.page
    page.get_by_role("button", name="Share").click()
    page.get_by_role("radio", name=role).click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link to this song").input_value()
    page.get_by_role("button", name="Close").click()
    return link.partition("#")[2]


def join(visit: Callable[..., Console], owner: Console, role: str, query: str = PCM) -> Console:
    """Somebody comes by a link."""
    guest = visit(f"{query}#{invite(owner, role)}")
    assert (guest.state("project"), guest.state("stream")) == (owner.state("project"), owner.state("stream"))
    assert "join" not in guest.page.url
    return guest


def judge(what: str, one: Console, other: Console, first: int) -> None:
    """Print by how much two pages are apart from a frame on."""
    tracks = two_ears.track(one), two_ears.track(other)
    apart = two_ears.apart(*tracks, first)
    assert len(apart) > RATE / 128, f"{what}: too little was heard on both sides"
    p95, wall = float(np.percentile(np.abs(apart), 95)), two_ears.apart_by_wall(*tracks, first)
    print(f"{what}: {np.median(apart):.2f} ms apart, p95 {p95:.2f} ms; by the wall clock {wall:.2f} ms")
    assert p95 < FAR_MS
    assert abs(wall) < FAR_MS


def hear_together(visit: Callable[..., Console], slept: int) -> tuple[Console, Console]:
    """Somebody plays, another joins late, sleeps for so many frames and wakes up; both rest and go on."""
    owner = visit(PCM)
    owner.press_play()
    owner.until(lambda: owner.state("playhead") > RATE)
    assert owner.state("lag") is None, "whoever is alone is not corrected"
    guest = join(visit, owner, "Mix with me")
    for page in (owner, guest):
        two_ears.watch(page)
    guest.press_play()
    first = guest.state("playhead")
    owner.until(lambda: guest.state("playhead") > first + 2 * RATE)
    judge("joined late", owner, guest, first + RATE // 2)

    guest.page.evaluate("window.stemwire.sleep()")
    asleep = owner.state("playhead")
    owner.until(lambda: owner.state("playhead") > asleep + slept)
    first = owner.state("playhead")
    guest.page.evaluate("window.stemwire.wake()")
    owner.until(lambda: guest.state("playhead") > first + 3 * RATE)
    judge("woken up", owner, guest, first + RATE)
    guest.rest()
    owner.until(lambda: owner.state("transport") == "paused" and not owner.state("running"))
    first = owner.state("playhead")
    owner.page.keyboard.press("Space")
    owner.until(lambda: min(owner.state("playhead"), guest.state("playhead")) > first + 2 * RATE)
    judge("went on", owner, guest, first)
    return owner, guest


def test_two_pages_hear_the_same_at_the_same_time(visit: Callable[..., Console]) -> None:
    """A late joiner starts in time, one that slept comes back, after a pause all go on together; alone nothing is corrected."""
    hear_together(visit, RATE)


@pytest.mark.soak
def test_a_long_sleep_ends_too(visit: Callable[..., Console]) -> None:
    """The same after a sleep of more than a listener can hold; and what nobody corrected equals the bounce, bit for bit."""
    owner, _ = hear_together(visit, 12 * RATE)
    owner.rest()
    recording, bounce, judged = heard_and_bounced(owner)
    assert judged.sum() > RATE
    assert np.array_equal(recording.audio[judged], bounce[judged])


def test_a_listener_sees_and_hears_and_turns_nothing(visit: Callable[..., Console]) -> None:
    """Who came by a listener's link sees who is here and every move, is told why the desk is locked, and when revoked is out."""
    owner = visit()
    guest = join(visit, owner, "Listen", "")
    page = guest.page
    page.get_by_role("note", name="Listening").wait_for()
    guest.until(lambda: guest.state("people") == 2)
    before = guest.slider("Drums Fader").get_attribute("aria-valuetext")
    guest.drag("Drums Fader", -60)
    page.get_by_text("You listen here").first.wait_for()
    page.keyboard.press("Space")
    assert (
        guest.slider("Drums Fader").get_attribute("aria-valuetext")
        == before
        == owner.slider("Drums Fader").get_attribute("aria-valuetext")
    )
    assert (owner.state("transport"), guest.state("role")) == ("stopped", "listener")
    owner.slider("Drums Fader").focus()
    owner.page.keyboard.press("PageDown")
    guest.until(lambda: guest.slider("Drums Fader").get_attribute("aria-valuetext") != before)
    owner.page.get_by_role("button", name="Share").click()
    owner.page.get_by_label("Your name").fill("Ada")
    owner.page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("list", name="people here").get_by_title("Ada").wait_for()
    owner.page.get_by_role("button", name="Revoke").click()
    guest.until(lambda: guest.state("line") == "closed")
    page.get_by_text("Refused").first.wait_for()


def test_a_wrong_link_says_so(visit: Callable[..., Console]) -> None:
    """Whoever follows a link that is no more is told so, and has a desk of their own all the same."""
    console = visit(f"#join={'x' * 43}")
    console.page.get_by_text("There is no such invitation").first.wait_for()
    console.problems[:] = [problem for problem in console.problems if "404" not in problem]


@pytest.mark.soak
def test_two_pages_stay_together(visit: Callable[..., Console]) -> None:
    """For two minutes, as Opus."""
    query = "record=240&codec=opus"
    owner = visit(query)
    owner.page.keyboard.press("c")
    owner.press_play()
    guest = join(visit, owner, "Listen", query)
    for page in (owner, guest):
        two_ears.watch(page)
    guest.press_play()
    first = guest.state("playhead")
    owner.until(lambda: guest.state("playhead") > first + 120 * RATE, 600)
    judge("two minutes", owner, guest, first + RATE)
