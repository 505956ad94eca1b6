"""A real server in a process of its own, with a data folder of its own, for tests and benchmarks."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of the loopback address that nobody listens on, and that the kernel gives to no outgoing connection meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)  # below those that the kernel hands out
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Server:
    """``with Server(folder) as server``: ready inside, gone afterwards. ``env`` holds settings without prefix.

    With the option ``--supervise``, ``process`` is the supervisor, and the server its only child.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    ready_s: float = 180.0
    options: tuple[str, ...] = ()

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "server.log").read_text(errors="replace")

    def figure(self, name: str) -> float:
        """One of the numbers that it tells of itself."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=60) as answer:
            found = re.search(rf"^stemwire_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found is not None, name
        return float(found[1])

    def start(self) -> None:
        """Start it (again, on the same data) and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"HOST": "127.0.0.1", "PORT": str(self.port), "DATA_DIR": str(self.folder / "data"), "DEMO": "off", **self.env}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STEMWIRE_") or k == "STEMWIRE_KERNEL_CACHE"}
        environment.update({f"STEMWIRE_{name}": value for name, value in settings.items()})
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", *self.options],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._await_ready()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self.ready_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the server was not ready in {self.ready_s} s:\n{self.log[-4000:]}")

    def stop(self) -> int:
        """Ask it to end and wait; what does not end is killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait(60)

    def workers(self) -> list[int]:
        """Process ids of its render workers: what its zygotes have forked."""
        forked = []
        for pid in self.descendants():
            try:
                parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if parent != self.process.pid and b"streaming.render.zygote" in command:
                forked.append(pid)
        return forked

    def descendants(self) -> list[int]:
        """Process ids of its children and theirs."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int(re.split(r"\) ", (entry / "stat").read_text(), maxsplit=1)[1].split()[1])
                except OSError:
                    continue
                children.setdefault(parent, []).append(int(entry.name))
        found, todo = [], [self.process.pid]
        while todo:
            below = children.get(todo.pop(), [])
            found += below
            todo += below
        return found


class Client:
    """A guest of a server, speaking plain HTTP with the standard library alone."""

    def __init__(self, url: str) -> None:
        self.base = f"{url}/api/v1"
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.call("POST", "/session")

    @property
    def cookie(self) -> str:
        """The Cookie header of this guest."""
        return "; ".join(f"{c.name}={c.value}" for c in self.jar)

    def raw(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers (names in lower case) and body."""
        request = urllib.request.Request(self.base + path, body, headers or {}, method=method)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, {k.lower(): v for k, v in refusal.headers.items()}, refusal.read()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One JSON request that must succeed."""
        encoded = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        status, _, answer = self.raw(method, path, encoded, sent if encoded else headers)
        if status >= 400:
            raise AssertionError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def upload(self, project: str, files: dict[str, bytes]) -> tuple[int, Any]:
        """Upload stems as a browser form would."""
        mark = "stemwire-test-boundary"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + b"\r\n"
            for name, content in files.items()
        ]
        body = b"".join(parts) + f"--{mark}--\r\n".encode()
        status, _, answer = self.raw(
            "POST", f"/projects/{project}/stems", body, {"Content-Type": f"multipart/form-data; boundary={mark}"}
        )
        return status, json.loads(answer)

    def demo(self) -> str:
        """The id of the demo project."""
        return str(self.call("GET", "/projects")["projects"][0]["id"])

    def bounce(self, project: str, **plan: Any) -> bytes:
        """Bounce and download."""
        made = self.call("POST", f"/projects/{project}/bounces", plan)
        deadline = time.monotonic() + 300
        while made["status"] not in ("done", "failed", "cancelled"):
            if time.monotonic() > deadline:
                raise AssertionError(f"the bounce is still {made}")
            time.sleep(0.1)
            made = self.call("GET", f"/bounces/{made['id']}")
        if made["status"] != "done":
            raise AssertionError(f"the bounce ended as {made}")
        status, _, content = self.raw("GET", f"/bounces/{made['id']}/file")
        assert status == 200, content
        return content
