"""The console in a real Chromium: found, opened, used as hands would, and asked what its worklet put out.

The page is watched, not helped: the tests' only way in is ``window.stemwire``, which shows and records (``web/src/probe.ts``).
"""

import base64
import contextlib
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

RATE = 48_000
LATE_FADE = 240
PATIENCE_MS = 90_000
"""How long a busy machine may take to show what was asked for."""

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """Path of this machine's Chromium."""
    return next((path for path in map(shutil.which, NAMES) if path is not None), None)


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Recording:
    """What the worklet put out: samples ``(n, 2)``, the stream frame of each, and which a fade of the listener's touched."""

    audio: NDArray[np.float32]
    at: NDArray[np.int64]
    faded: NDArray[np.bool_]


@dataclass
class Console:
    """One page with the console in it, and whatever went wrong there."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: Browser, url: str, query: str = "", **context: Any) -> "Console":
        """A new visitor (a new guest) opens the console; returns when the line to the server is open."""
        page = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **context}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        console = cls(page, url)
        page.on("console", console._note)
        page.on("pageerror", lambda error: console.problems.append(f"page error: {error}"))
        page.goto(f"{url}/?{query}")
        console.until(lambda: console.state("line") == "open")
        return console

    def close(self) -> None:
        """Leave, with all that this visitor has."""
        self.page.context.close()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def until(self, condition: Callable[[], object], limit_s: float = 90.0) -> None:
        """Look again and again until something holds."""
        give_up = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < give_up, f"it did not come about; the console says {self.figures()}, {self.problems}"
            self.page.wait_for_timeout(20)

    def figures(self) -> dict[str, Any]:
        """All of ``stemwire.state()``; nothing while the page is loading."""
        answer: dict[str, Any] = self.page.evaluate("window.stemwire?.state() ?? {}")
        return answer

    def state(self, name: str) -> Any:
        """One figure."""
        return self.figures().get(name)

    def tracks(self) -> list[str]:
        """The names on the strips, in order."""
        strips = self.page.get_by_role("group", name="Mixer").get_by_role("region")
        names = [strip.get_attribute("aria-label") or "" for strip in strips.all()]
        buses = ("Group ", "Reverb return", "Delay return", "Master")
        return [name.split(",")[0] for name in names if not name.startswith(buses)]

    def slider(self, name: str) -> Locator:
        """A knob or a fader of the mixer (the first, where the side panel shows it again)."""
        return self.page.get_by_role("slider", name=name, exact=True).first

    def press_play(self) -> None:
        """Space; returns when audio runs."""
        self.page.keyboard.press("Space")
        self.until(lambda: self.state("running"))

    def drag(self, name: str, by: float, steps: int = 12) -> None:
        """Take a knob or a fader by the mouse and move it up (or down) by so many pixels."""
        box = self.slider(name).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for step in range(1, steps + 1):
            mouse.move(x, y - by * step / steps)
            self.page.wait_for_timeout(12)
        mouse.up()

    def click_song(self, share: float) -> None:
        """Click into the lanes, at a share of the song that is shown."""
        box = self.page.get_by_role("slider", name="Playhead").bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + box["width"] * share, box["y"] + 8)

    def draw_loop(self, start: float, end: float) -> None:
        """Draw a cycle on the ruler, between two shares of the song that is shown."""
        box = self.page.get_by_role("slider", name="Playhead").bounding_box()
        assert box is not None
        mouse, y = self.page.mouse, box["y"] - 8
        mouse.move(box["x"] + box["width"] * start, y)
        mouse.down()
        mouse.move(box["x"] + box["width"] * end, y, steps=4)
        mouse.up()

    def rest(self) -> None:
        """Pause; returns when the worklet has nothing left to play."""
        self.page.keyboard.press("Space")
        self.until(lambda: self.state("transport") == "paused" and not self.state("running"))

    def recording(self) -> Recording:
        """All that was put out until now."""
        found = self.page.evaluate("window.stemwire.recordingAsText()")
        assert found is not None, "nothing was recorded"
        assert not found["full"]
        audio = np.frombuffer(base64.b64decode(found["samples"]), "<f4").reshape(-1, 2)
        spans = [(block["start"], block["frames"], block["faded"]) for block in found["blocks"]]
        at = np.concatenate([np.arange(start, start + frames) for start, frames, _ in spans])
        faded = np.concatenate([np.full(frames, faded) for _, frames, faded in spans])
        return Recording(audio, at, faded)

    def late(self) -> list[dict[str, Any]]:
        """The splices that the console reported late: ``startsAt``, ``from`` and ``late`` in frames."""
        return [join for join in self.page.evaluate("window.stemwire.joins()") if join["late"] > 0]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the HTTP API as this visitor."""
        headers = {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        answer = self.page.request.fetch(f"{self.url}/api/v1{path}", method=method, data=data, headers=headers)
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json()

    def bounced(self, **plan: Any) -> NDArray[np.float32]:
        """A 32-bit bounce of this project by its HTTP route, as samples."""
        made = self.call("POST", f"/projects/{self.state('project')}/bounces", {"format": "wav", "bits": 32, **plan})
        give_up = time.monotonic() + 300
        while made["status"] != "done":
            assert made["status"] in ("queued", "running"), f"the bounce ended as {made}"
            assert time.monotonic() < give_up, f"the bounce is still {made}"
            time.sleep(0.1)
            made = self.call("GET", f"/bounces/{made['id']}")
        return samples(self.page.request.get(f"{self.url}/api/v1/bounces/{made['id']}/file").body())


def samples(content: bytes) -> NDArray[np.float32]:
    """A sound file's samples, ``(frames, 2)``."""
    audio, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert rate == RATE
    return np.asarray(audio, np.float32)


def heard_and_bounced(console: Console) -> tuple[Recording, NDArray[np.float32], NDArray[np.bool_]]:
    """What the worklet put out, the bounce of the same frames of the same stream, and which frames must be equal.

    Left out are exactly: blocks that the listener's own fade (pause, resume, running dry) touched, and the frames by which a
    splice was reported late, with the fade that joined it.
    """
    recording = console.recording()
    start, stop = int(recording.at.min()), int(recording.at.max()) + 1
    bounce = console.bounced(stream=console.state("stream"), **{"from": start, "to": stop})
    judged = ~recording.faded
    for join in console.late():
        # The reader may overtake the writer at a join: what was reported late begins at the splice, however late it was joined.
        first, last = join["startsAt"] - LATE_FADE, join["startsAt"] + join["late"] + LATE_FADE
        judged &= (recording.at < first) | (recording.at >= last)
    return recording, bounce[recording.at - start], judged
