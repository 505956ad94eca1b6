"""Every setting and limit of the server: one frozen record, read from the environment, refused loudly when it makes no sense.

A setting ``projects_per_workspace`` is set by ``STEMWIRE_PROJECTS_PER_WORKSPACE``. Each row says its default, unit, range and a
sentence; ``stemwire serve --help`` and the documentation are written from them.
"""

import difflib
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

PREFIX = "STEMWIRE_"
FREE_PREFIXES = ("STEMWIRE_TEST_", "STEMWIRE_BENCH_")
"""Names that tests and benchmarks use for themselves; the server ignores them."""

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class BadSetting(ValueError):
    """A setting that cannot be used; its message is a sentence for whoever runs the server."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a setting may be: its unit, range or choices, and what it is for."""

    doc: str
    unit: str = ""
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()


def _number(default: int, unit: str, low: int, high: int, doc: str) -> Any:
    return field(default=default, metadata={"rule": Rule(doc, unit, low, high)})


def _text(default: str, doc: str, *choices: str) -> Any:
    return field(default=default, metadata={"rule": Rule(doc, choices=choices)})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server; see the module's paragraph."""

    host: str = _text("127.0.0.1", "The address it listens on.")
    port: int = _number(8000, "", 0, 65_535, "The port it listens on; 0 takes a free one.")
    public_url: str = _text(
        "", "Where browsers reach it, when that is not where it listens (behind a proxy): https://desk.example."
    )
    data_dir: str = _text(".stemwire", "The folder for the database and all audio.")
    database_url: str = _text("", "An SQLAlchemy URL; empty means an SQLite file in the data folder.")
    web_dir: str = _text("", "The folder of the built console; empty means the one that came with the server.")
    kernel_cache: str = _text("", "The folder of compiled kernels; empty means one in the user's cache folder.")
    log_format: str = _text("console", "How records are written.", "console", "json")
    log_level: str = _text("info", "The least urgent record that is written.", "debug", "info", "warning", "error")

    demo: str = _text("on", "Whether a new workspace starts with the demo song, which the first start plays.", "on", "off")
    session_days: int = _number(90, "days", 1, 400, "How long a browser that does not come back keeps its workspace.")
    connections: int = _number(2_000, "connections", 10, 100_000, "Connections the server holds open; more are answered 503.")
    workspaces: int = _number(100_000, "workspaces", 1, 10_000_000, "Guest workspaces the server keeps.")
    workspaces_per_minute: int = _number(20, "a minute and address", 1, 10_000, "How many guest workspaces one address may make.")
    projects_per_workspace: int = _number(200, "projects", 1, 100_000, "How many songs a workspace may hold.")
    revisions_per_project: int = _number(500, "revisions", 10, 100_000, "Unnamed revisions a project keeps.")
    invitations_per_project: int = _number(20, "invitations", 1, 1_000, "Links into a project that may be valid at a time.")
    members_per_invitation: int = _number(200, "people", 1, 10_000, "How many people may come by one link.")
    named_per_project: int = _number(200, "revisions", 1, 10_000, "How many versions of a project may be kept by name.")
    workspace_bytes: int = _number(50 * GIB, "bytes", MIB, 1 << 50, "How much audio a workspace may hold.")
    free_bytes: int = _number(GIB, "bytes", 0, 1 << 50, "Uploads and bounces are refused when the disk has less room than this.")

    json_bytes: int = _number(4 * MIB, "bytes", KIB, 64 * MIB, "The largest JSON body.")
    body_idle_s: int = _number(30, "s", 1, 3_600, "How long a body may pause before the request is given up.")
    upload_bytes: int = _number(4 * GIB, "bytes", KIB, 64 * GIB, "The largest uploaded file.")
    upload_files: int = _number(32, "files", 1, 64, "How many files one upload may carry.")
    uploads_at_once: int = _number(8, "uploads", 1, 1_000, "How many uploads the server takes in at a time.")
    stems_per_project: int = _number(64, "stems", 1, 1_000, "How many stems a project may hold.")

    stem_s: int = _number(3 * 3_600, "s", 1, 24 * 3_600, "The longest stem.")
    decoders: int = _number(2, "processes", 1, 64, "How many files are decoded at a time.")
    decode_s: int = _number(300, "s", 1, 7_200, "How long decoding one file may take.")
    decode_bytes: int = _number(GIB, "bytes", 64 * MIB, 64 * GIB, "How much memory decoding one file may take.")

    libopus: str = _text("", "The libopus to encode with; empty means the system's, or the one that comes with PyAV.")
    workers: int = _number(0, "processes", 0, 256, "Render processes; 0 means one a processor.")
    streams: int = _number(64, "streams", 1, 10_000, "Live streams the server holds open.")
    streams_per_workspace: int = _number(8, "streams", 1, 1_000, "Live streams of one workspace.")
    live_share: int = _number(60, "%", 5, 100, "Share of the processors that live streams may take; the rest is for edits.")
    waiting: int = _number(16, "places", 0, 1_000, "The line of those who wait for a stream of a full server; 0 is no line.")
    listeners_per_stream: int = _number(64, "listeners", 1, 1_000, "Sockets on one stream.")
    http_encoders: int = _number(16, "encoders", 1, 1_000, "Streams encoded for listeners over HTTP at a time, each codec apart.")
    lead_ms: int = _number(2_000, "ms", 500, 4_000, "How far ahead of the playhead audio is rendered.")
    ticket_s: int = _number(30, "s", 1, 300, "How long a WebSocket ticket may be used.")
    socket_bytes: int = _number(64 * KIB, "bytes", KIB, MIB, "The largest message a listener may send.")
    drain_s: int = _number(10, "s", 3, 300, "How long a server may take to stop: it tells its listeners, stores, and ends.")
    resume_s: int = _number(
        300, "s", 10, 86_400, "How long after their server has died streams may go on in the next, for listeners that come back."
    )
    autosave_ms: int = _number(2_000, "ms", 100, 60_000, "The least time between two automatic revisions of a project.")
    logs_per_project: int = _number(20, "logs", 1, 10_000, "Event logs of streams kept with a project; older ones go first.")
    log_entries: int = _number(100_000, "entries", 100, 10_000_000, "The longest event log of one stream.")

    bounces_at_once: int = _number(1, "processes", 1, 64, "Bounces rendered at a time.")
    bounces_per_project: int = _number(100, "bounces", 1, 10_000, "Bounces kept with a project; delete some to make more.")
    bounces_queued: int = _number(10, "bounces", 1, 1_000, "Bounces of one workspace that may wait or run.")
    cache_bytes: int = _number(4 * GIB, "bytes", 64 * MIB, 1 << 46, "How much of played mixes is kept, to be played again.")
    cache_renders: int = _number(2, "processes", 1, 64, "Stored mixes rendered at a time to be played.")
    players: int = _number(200, "players", 1, 10_000, "Stored mixes played at a time.")
    analyses_per_project: int = _number(100, "analyses", 1, 10_000, "Analyses kept with a project; delete some to make more.")
    analyses_queued: int = _number(10, "analyses", 1, 1_000, "Analyses of one workspace that may wait or run.")

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> "Settings":
        """Read the settings from ``environ``; ``overrides`` (the command line) win over it."""
        rows = {PREFIX + row.name.upper(): row for row in fields(cls)}
        for name in environ:
            if name.startswith(PREFIX) and name not in rows and not name.startswith(FREE_PREFIXES):
                close = difflib.get_close_matches(name, rows, 1)
                raise BadSetting(f"There is no setting {name}." + (f" Did you mean {close[0]}?" if close else ""))
        given: dict[str, Any] = {row.name: _parse(name, row, environ[name]) for name, row in rows.items() if name in environ}
        return replace(cls(**given), **overrides)

    @property
    def data_path(self) -> Path:
        """The data folder as an absolute path."""
        return Path(self.data_dir).expanduser().resolve()

    @property
    def web_path(self) -> Path:
        """The folder of the built console as an absolute path."""
        if self.web_dir:
            return Path(self.web_dir).expanduser().resolve()
        return Path(__file__).resolve().parents[1] / "web" / "dist"

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_path / 'stemwire.db'}"


def _parse(name: str, row: "Field[Any]", text: str) -> str | int:
    rule: Rule = row.metadata["rule"]
    if row.type is int:
        return _whole(name, rule, text)
    if rule.choices and text not in rule.choices:
        raise BadSetting(f"{name} must be one of {', '.join(rule.choices)}, not {text!r}.")
    return text


def _whole(name: str, rule: Rule, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number ({rule.low} to {rule.high}), not {text!r}.") from None
    if not rule.low <= value <= rule.high:
        raise BadSetting(f"{name} must be between {rule.low} and {rule.high}{' ' + rule.unit if rule.unit else ''}, not {value}.")
    return value


def describe() -> str:
    """Every setting with its default, unit, range and sentence, for ``--help``."""
    rows = ((PREFIX + row.name.upper(), row) for row in fields(Settings))
    return "\n".join(f"  {name}={row.default}\n      {_sentence(row.metadata['rule'])}" for name, row in rows)


def _sentence(rule: Rule) -> str:
    if rule.choices:
        return f"{rule.doc} One of: {', '.join(rule.choices)}."
    if rule.low == rule.high:
        return rule.doc
    return f"{rule.doc} ({rule.low} to {rule.high}{' ' + rule.unit if rule.unit else ''})"
