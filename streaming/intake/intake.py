"""What the server asks of a decoding child and what it gets back, as one JSON line each way. No codec is imported here."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """Decode ``source`` into canonical audio at ``audio`` and the levels of its pyramid at ``peaks``, within limits."""

    source: str
    audio: str
    peaks: tuple[str, ...]
    parent: int
    min_seconds: float = 0.01
    max_seconds: float = 7_200.0
    max_bytes: int = 4 << 30
    cpu_seconds: int = 300
    memory_bytes: int = 2 << 30

    def to_json(self) -> bytes:
        """Serialise for the child's standard input."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Order":
        """Parse in the child."""
        fields = json.loads(text)
        return cls(**{**fields, "peaks": tuple(fields["peaks"])})


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of a file: its canonical audio (hash, frames at 48 kHz) and what it was before."""

    sha256: str
    frames: int
    rate_in: int
    channels_in: int
    codec_in: str
    container_in: str
    peak_db: float
    rms_db: float
    nonfinite: int


class Refused(Exception):
    """A file that is not taken: a stable code and a sentence for its owner."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def answer(outcome: Decoded | Refused) -> str:
    """The child's one line."""
    if isinstance(outcome, Refused):
        return json.dumps({"code": outcome.code, "detail": outcome.detail})
    return json.dumps(asdict(outcome))


def read_answer(line: bytes) -> Decoded:
    """Parse the child's line; raises :class:`Refused` if it is a refusal, ValueError or TypeError if it is neither."""
    fields = json.loads(line)
    if "code" in fields:
        raise Refused(fields["code"], fields["detail"])
    return Decoded(**fields)
