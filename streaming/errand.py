"""How a server and a child that works for it talk: a plan and the parent's id on standard input, then lines of JSON.

A line tells progress, or it is the last one: a result, or a refusal. Only data: who reads this loads no kernel.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Report = Callable[[float], None]
"""Takes how far the work is, from 0 to 1."""


class Refused(Exception):
    """Work that cannot be done: a stable code and a sentence for the musician."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Told:
    """A line: ``progress``, or the ``result`` of work that is done."""

    progress: float | None = None
    result: Mapping[str, Any] | None = None


def order(plan: Mapping[str, Any], parent: int) -> bytes:
    """What the child reads: its plan, and the process without which it ends."""
    return json.dumps({"parent": parent, "plan": plan}).encode()


def read_order(text: bytes) -> tuple[dict[str, Any], int]:
    """Parse an order in the child: the plan and the parent."""
    values = json.loads(text)
    return values["plan"], int(values["parent"])


def progress_line(fraction: float) -> str:
    """How far it is, from 0 to 1."""
    return json.dumps({"progress": round(fraction, 4)})


def result_line(result: Mapping[str, Any]) -> str:
    """The last line of work that is done."""
    return json.dumps({"result": result})


def refusal_line(refusal: Refused) -> str:
    """The last line of work that cannot be done."""
    return json.dumps({"code": refusal.code, "detail": refusal.detail})


def read_line(line: bytes) -> Told:
    """Parse a line; raises :class:`Refused`."""
    values = json.loads(line)
    if "code" in values:
        raise Refused(values["code"], values["detail"])
    return Told(values.get("progress"), values.get("result"))
