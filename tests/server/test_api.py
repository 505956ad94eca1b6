"""What every route does with what it is sent: hostile bodies, wrong types, wrong methods, and nothing told that should not be."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.desk import Desk, Guest, desk
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"edits":' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400, "malformed"),
        (b'{"edits":[{"path":"master/fader_db","value":NaN}]}', 400, "malformed"),
        (b'{"edits":[{"path":"master/fader_db","value":Infinity}]}', 400, "malformed"),
        (b'{"edits":[{"path":"master/fader_db","value":1e999}]}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":"master/fader_db","value":' + b"9" * 400 + b"}]}", 422, "invalid_parameter"),
        (b'{"edits":[{"path":"master/fader_db","value":true}]}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":"master/fader_db","value":"0"}]}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":"master/fader_db","value":null}]}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":5,"value":1}]}', 422, "invalid_parameter"),
        (b'{"edits":[]}', 422, "invalid_parameter"),
        (b'{"edits":{}}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":"master/fader_db","value":0,"extra":1}]}', 422, "invalid_parameter"),
        (b'{"edits":[{"path":"' + b"x" * 300 + b'","value":0}]}', 422, "invalid_parameter"),
        (b"[]", 422, "invalid_parameter"),
        (b"null", 422, "invalid_parameter"),
        (b'"edits"', 422, "invalid_parameter"),
    ],
)
async def test_a_hostile_body_is_refused(guest: Guest, body: bytes, status: int, code: str) -> None:
    """What is not JSON is malformed, what is not of the shape is invalid; the mix stays as it was."""
    project = await guest.project()
    problem = await guest.refused("POST", f"/projects/{project}/edits", status, code, content=body, headers=JSON)
    assert problem["detail"].endswith((".", "valid", "null")) or problem["errors"]
    assert (await guest.call("GET", f"/projects/{project}"))["revision"]["number"] == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(
    value=ANYTHING,
    path=st.sampled_from(["tracks/t1", "tracks/t1/clips", "markers", "master/fader_db", "automation/master/fader_db"]),
)
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_value_breaks_the_mix(guest: Guest, value: Any, path: str) -> None:
    """Whatever JSON is put anywhere, it is taken or refused with a problem, never an error of ours."""
    project = await guest.project()
    answer = await guest.http.post(f"/api/v1/projects/{project}/edits", json={"edits": [{"path": path, "value": value}]})
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_body_must_be_json(guest: Guest, kind: str) -> None:
    """A body of another type is refused, so that no plain form of another site is ever read."""
    await guest.refused(
        "POST", "/projects", 415, "unsupported_media_type", content=b'{"name":"x"}', headers={"Content-Type": kind}
    )


async def test_json_may_say_its_charset(guest: Guest) -> None:
    """A charset after the type changes nothing."""
    kind = {"Content-Type": "Application/JSON; charset=utf-8"}
    await guest.call("POST", "/projects", 201, content=b'{"name":"x"}', headers=kind)


async def test_a_large_body_is_refused_early(tmp_path: Path) -> None:
    """What declares too many bytes, and what turns out to have them, is refused."""
    async with desk(tmp_path, json_bytes=1024) as house:
        guest = await house.guest()
        await guest.refused("POST", "/projects", 413, "too_large", content=b"x" * 2000, headers=JSON)

        async def pieces() -> Any:
            for _ in range(20):
                yield b" " * 100

        await guest.refused("POST", "/projects", 413, "too_large", content=pieces(), headers=JSON)


async def test_a_wrong_method_is_told_the_right_ones(guest: Guest) -> None:
    """405 names every method of the address."""
    answer = await guest.http.put("/api/v1/projects", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/projects", "/api", "/api/v1/projects/", "/api/v1/projects/a%2Fb", "/api/v1/projects/%00"]
)
async def test_an_unknown_address_is_a_problem(guest: Guest, path: str) -> None:
    """Below /api every answer is JSON, also when there is nothing."""
    answer = await guest.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_head_is_get_without_a_body(guest: Guest) -> None:
    """HEAD is answered wherever GET is."""
    assert (await guest.http.head("/api/v1/projects")).status_code == 200


async def test_an_error_of_ours_tells_nothing(house: Desk, guest: Guest, caplog: pytest.LogCaptureFixture) -> None:
    """A broken database is a 500 problem with an instance to quote; the cause is in the log only."""
    await house.context.database.aclose()
    (Path(house.context.settings.data_dir) / "stemwire.db").unlink()
    (Path(house.context.settings.data_dir) / "stemwire.db").mkdir()
    answer = await guest.http.get("/api/v1/projects")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["x-request-id"] in answer.json()["instance"]
    assert not any(word in answer.text for word in ("Traceback", "sqlite", "/", "Error")) or "urn:" in answer.text
    assert "stemwire.db" not in answer.text
    assert house.context.metrics.errors._value.get() == 1


async def test_every_answer_carries_its_guards(guest: Guest) -> None:
    """Security headers and a request id are on answers and on refusals."""
    for path in ("/api/v1/projects", "/api/v1/nothing", "/", "/healthz"):
        headers = (await guest.http.get(path)).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert len(headers["x-request-id"]) == 16


async def test_large_json_is_zipped(house: Desk) -> None:
    """A client that takes gzip gets it."""
    answer = await house.browser().get("/api/v1/console/schema", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert json.loads(answer.text)["parameters"][0]["name"] == "trim_db"


async def test_the_schema_shows_switches_as_switches(house: Desk) -> None:
    """The catalogue's rows come with their curve, law and a default of the right type."""
    rows = {
        (row["scope"], row["name"]): row for row in (await house.browser().get("/api/v1/console/schema")).json()["parameters"]
    }
    assert rows["track", "mute"]["default"] is False
    assert rows["track", "fader_db"] | {"doc": ""} == {
        "scope": "track", "name": "fader_db", "label": "Fader", "unit": "dB", "low": -90.0, "high": 10.0, "default": 0.0,
        "taper": "fader", "law": "gain", "glide_ms": 10.0, "doc": "", "choices": [],
    }  # fmt: skip
