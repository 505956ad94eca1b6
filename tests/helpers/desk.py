"""The real application on a real SQLite file, without a socket: for tests of routes. No room, no job worker, no demo song."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
from helpers.closed import ClosedJobs, ClosedStudio
from starlette.types import ASGIApp

from config.settings import Settings
from server.app import application, build
from server.context import Context
from server.housekeeping import clean
from storage import analyses, bounces, stems, streams
from storage.rows import Analysis, Bounce, Peaks, Stem

ORIGIN = "http://desk.test"
JSON = dict[str, Any]


@dataclass
class Guest:
    """A browser with a session of its own."""

    http: httpx2.AsyncClient
    workspace: str = ""

    async def call(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """One request below /api/v1 that must be answered with ``status``; its JSON, or nothing."""
        answer = await self.http.request(method, f"/api/v1{path}", **sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, status: int, code: str, **sent: Any) -> JSON:
        """One request that must be refused; its problem document."""
        answer = await self.http.request(method, f"/api/v1{path}", **sent)
        problem: JSON = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), problem
        assert answer.headers["content-type"] == "application/problem+json"
        return problem

    async def project(self, name: str = "Song") -> str:
        """A new, empty project."""
        return str((await self.call("POST", "/projects", 201, json={"name": name}))["id"])

    async def link(self, project: str, role: str = "listener") -> str:
        """The token of a new link into one's project."""
        made = await self.call("POST", f"/projects/{project}/invitations", 201, json={"role": role})
        return str(made["url"].partition("/#join=")[2])

    async def edit(self, project: str, path: str, value: Any, status: int = 200, **headers: str) -> Any:
        """One edit of the mix."""
        body = {"edits": [{"path": path, "value": value}]}
        return await self.call("POST", f"/projects/{project}/edits", status, json=body, headers=headers)


@dataclass
class Desk:
    """A running application; ``context`` is what it is made of."""

    app: ASGIApp
    context: Context
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def renew(self, context: Context) -> None:
        """The same application, made of other parts; its clients stay."""
        self.context, self.app = context, application(context)
        for client in self.clients:
            client._transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)

    def browser(self, **headers: str) -> httpx2.AsyncClient:
        """A client without a session."""
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
        self.clients.append(client)
        return client

    async def guest(self) -> Guest:
        """A client with a session."""
        guest = Guest(self.browser())
        guest.workspace = (await guest.call("POST", "/session"))["workspace"]["id"]
        return guest

    async def member(self, owner: Guest, project: str, role: str = "listener") -> Guest:
        """Somebody who came to a project by a new link."""
        guest = await self.guest()
        await guest.call("POST", "/invitations/join", json={"token": await owner.link(project, role)})
        return guest

    async def stem(self, guest: Guest, project: str, frames: int = 48_000) -> Stem:
        """A stem in the store, as an upload would have left it."""
        blobs = self.context.blobs
        asset, size = blobs.put(bytes(frames * 8))
        upload, upload_size = blobs.put(b"uploaded")
        waveform = [Peaks(level, 256, blobs.put(bytes(12 * (level + 1)))[0]) for level in range(3)]
        stem = Stem(
            f"s-{project}", project, asset, size, upload, upload_size, "Kick.wav", frames, 2, 48_000, "pcm", -1.0, None, 1, 5
        )
        async with self.context.database.write() as db:
            await stems.add(db, guest.workspace, stem, waveform, 64)
        return stem

    async def bounce(self, guest: Guest, project: str, revision: str, content: bytes = b"RIFFdata", kind: str = "mix") -> Bounce:
        """A finished bounce in the store."""
        blob, size = self.context.blobs.put(content)
        row = Bounce(
            f"b-{project}", project, 'Söng "1"', revision, None, None, None, "wav", 24,
            "done", 1, 1.0, blob, size, None, None, 1, 1, kind,
        )  # fmt: skip
        async with self.context.database.write() as db:
            await bounces.create(db, guest.workspace, row, 10, 10)
        return row

    async def analysis(self, guest: Guest, project: str, revision: str, found: Any = None) -> Analysis:
        """A finished analysis in the store."""
        result = json.dumps(found or {"figures": {}, "warnings": [], "suggestions": []})
        options = json.dumps({"stems": [], "reference": None})
        row = Analysis(f"a-{project}", project, "trim", revision, options, "done", 1, 1.0, result, None, None, 1, 1)
        async with self.context.database.write() as db:
            await analyses.create(db, guest.workspace, row, 10, 10)
        return row

    async def log(self, guest: Guest, project: str, entries: list[Any]) -> str:
        """A stored event log of a stream."""
        async with self.context.database.write() as db:
            await streams.begin(db, guest.workspace, project, f"l-{project}", 1, 10)
            await streams.append(db, guest.workspace, f"l-{project}", 0, len(entries), entries, 100)
        return f"l-{project}"


def settings(folder: Path, **changed: Any) -> Settings:
    """Settings for a test: everything in ``folder``, no demo song."""
    return replace(Settings(), data_dir=str(folder), web_dir=str(folder / "web"), demo="off", **changed)


@asynccontextmanager
async def desk(folder: Path, parts: Mapping[str, Any] | None = None, **changed: Any) -> AsyncIterator[Desk]:
    """The application, with its database made and its connections closed at the end; ``parts`` of it may be a test's own."""
    context = replace(build(settings(folder, **changed)), **{"studio": ClosedStudio(), "jobs": ClosedJobs(), **(parts or {})})
    await context.database.migrate()
    await clean(context)
    made = Desk(application(context), context)
    try:
        yield made
    finally:
        for client in made.clients:
            await client.aclose()
        await context.autosave.aclose()
        await context.database.aclose()
