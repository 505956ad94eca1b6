"""Who may start a stream: the measured cost of the live ones is added up and held under a share of the workers' capacity.

The share that is left is for edit storms: splices render again what was rendered before. Numbers in,
decisions out: no clock, no I/O.
"""

from dataclasses import dataclass

SMOOTHING_S = 5.0
"""After so much audio a stream's measured cost has moved most of the way (63 %) to a new one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a stream was not admitted: the load it would have come to, what is allowed, and when to ask again."""

    load: float
    allowed: float
    retry_after_s: int

    def __str__(self) -> str:
        return f"{self.load:.2f} of {self.allowed:.2f} cores would be taken; try again in {self.retry_after_s} s"


class Admission:
    """The ledger of live streams and what they cost, in cores (CPU-seconds per second of audio)."""

    def __init__(self, cores: float, *, share: float = 0.6, expected: float = 0.012, retry_after_s: int = 10) -> None:
        """``expected`` is what a stream is taken to cost until some of it has been rendered."""
        self.allowed = cores * share
        self._expected, self._retry_after_s = expected, retry_after_s
        self._costs: dict[str, float] = {}
        self._measured: set[str] = set()

    @property
    def load(self) -> float:
        """Cores that the admitted streams take, when they play."""
        return sum(self._costs.values())

    def __len__(self) -> int:
        return len(self._costs)

    def admit(self, stream: str, ahead: int = 0) -> Refusal | None:
        """Admit a stream if there is room for it and the ``ahead`` others that come before it, or say why not.

        The first is always admitted: a slow machine may still play one.
        """
        cost = self._typical()
        load = self.load + cost * (ahead + 1)
        if (self._costs or ahead) and load > self.allowed:
            return Refusal(load, self.allowed, self._retry_after_s)
        self._costs[stream] = cost
        return None

    def _typical(self) -> float:
        """What the next stream will cost: as much as the dearest half of those measured, or as expected while there are none."""
        costs = sorted(self._costs[stream] for stream in self._measured)
        upper = costs[len(costs) // 2 :]
        return sum(upper) / len(upper) if upper else self._expected

    def measured(self, stream: str, audio_s: float, cpu_s: float) -> None:
        """Take note of a rendered and encoded chunk."""
        if stream not in self._costs or audio_s <= 0:
            return
        cost, known = cpu_s / audio_s, self._costs[stream]
        # A stream's first chunks pay for cold caches and fresh pages; they move what was expected as little as any others.
        weight = min(1.0, audio_s / SMOOTHING_S)
        self._costs[stream] = known + (cost - known) * weight
        self._measured.add(stream)

    def release(self, stream: str) -> None:
        """Forget a stream that is over."""
        self._costs.pop(stream, None)
        self._measured.discard(stream)
