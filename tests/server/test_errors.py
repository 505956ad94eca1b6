"""From exceptions to problems: one table, and what is not in it is ours."""

import errno

import pytest
from starlette.exceptions import HTTPException

from dsp.desk.mix import InvalidValue, UnknownPath
from server import errors
from server.errors import Kind, Problem, problem_of, retry_after
from storage.errors import BlobMissing, Full, NotFound, Stale, StorageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, Kind)]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("project"), 404, "not_found"),
        (BlobMissing("0"), 404, "not_found"),
        (Stale("r2"), 412, "stale_revision"),
        (Full("stems", 5), 429, "too_many"),
        (UnknownPath("x/y"), 422, "unknown_path"),
        (InvalidValue("x/y", "expected a number"), 422, "invalid_parameter"),
        (OSError(errno.ENOSPC, "No space left", "/secret"), 507, "storage_full"),
        (HTTPException(404, "secret"), 404, "not_found"),
        (HTTPException(405, headers={"Allow": "GET"}), 405, "method_not_allowed"),
        (HTTPException(418, "secret"), 400, "malformed"),
    ],
)
def test_a_known_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    """Each has its status, word and sentence; what a library said is not repeated."""
    problem = problem_of(error)
    assert problem is not None
    assert (problem.kind.status, problem.kind.code) == (status, code)
    assert "secret" not in problem.detail


@pytest.mark.parametrize("error", [RuntimeError("x"), StorageError("x"), OSError("/path")])
def test_an_unknown_error_is_ours(error: Exception) -> None:
    """It has no problem of its own."""
    assert problem_of(error) is None


def test_every_storage_error_is_known() -> None:
    """No error of storage becomes a 500 by oversight."""
    assert {kind.__name__ for kind in StorageError.__subclasses__()} == {"NotFound", "Stale", "Full", "BlobMissing"}


def test_words_are_told_apart() -> None:
    """Two kinds of refusal never share a word; each has a title and a status of an error."""
    assert len({kind.code for kind in KINDS}) == len(KINDS)
    assert all(400 <= kind.status < 600 and kind.title for kind in KINDS)


def test_a_problem_document() -> None:
    """RFC 9457, with what is not there left out."""
    answer = errors.answer(Problem(errors.TOO_LARGE, "Too many bytes.", headers=retry_after(0.2)), "r1")
    assert answer.headers["retry-after"] == "1"
    assert answer.media_type == "application/problem+json"
    assert bytes(answer.body) == (
        b'{"type":"urn:stemwire:too_large","title":"The request is too large","status":413,"code":"too_large",'
        b'"detail":"Too many bytes.","instance":"urn:stemwire:request:r1"}'
    )
