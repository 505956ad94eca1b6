"""The command line, and the server it starts."""

import json
import re
import subprocess
import sys
import urllib.request
from dataclasses import fields
from pathlib import Path

import pytest
from helpers.serving import ROOT, Client, Server

from config.settings import Settings
from server.__main__ import main


def stemwire(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the launcher to its end."""
    command = [sys.executable, str(ROOT / "stemwire.py"), *arguments]
    return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, timeout=60, check=False)


def test_help_tells_every_setting() -> None:
    """``stemwire serve --help`` names each variable with its default."""
    told = stemwire("serve", "--help")
    assert told.returncode == 0
    assert all(f"STEMWIRE_{row.name.upper()}={row.default}" in told.stdout for row in fields(Settings))


def test_a_bad_setting_ends_it_with_a_sentence() -> None:
    """The process ends at once, with one line and no traceback."""
    ended = stemwire("serve", STEMWIRE_PORT="high")
    assert ended.returncode == 1
    assert ended.stderr == "stemwire: STEMWIRE_PORT must be a whole number (0 to 65535), not 'high'.\n"


def test_a_bad_option_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that makes no sense is refused by the parser."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", "high"])
    assert ended.value.code == 2
    assert "invalid int value" in capsys.readouterr().err


def test_a_server_starts_serves_and_stops(tmp_path: Path) -> None:
    """It prints its URL when it is ready, answers on a real socket, logs JSON, and ends on SIGTERM; its data outlive it."""
    env = {"LOG_FORMAT": "json", "DEMO": "off"}
    with Server(tmp_path, env) as server:
        assert f"Stemwire is ready: {server.url}\n" in server.log
        client = Client(server.url)
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=5) as ready:
            assert json.load(ready) == {"status": "ready", "checks": {"database": True, "renderers": True}}
        project = client.call("POST", "/projects", {"name": "Song"})["id"]
        other = subprocess.run(
            [sys.executable, "-m", "server", "serve", "--port", str(server.port)],
            cwd=ROOT, env={"STEMWIRE_DATA_DIR": str(tmp_path / "other")}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert other.returncode == 1
        assert re.search(r"stemwire: cannot listen on 127\.0\.0\.1 port \d+: Address already in use\.\n$", other.stderr)
        assert server.stop() == 0 or server.process.returncode == -15
        server.start()
        assert client.call("GET", f"/projects/{project}")["name"] == "Song"
        records = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
        answered = next(record for record in records if record["event"] == "answered" and record["method"] == "POST")
        assert len(answered["request"]) == 16
        assert not [record for record in records if record["level"] in ("error", "critical")]
