"""What the server counts, for Prometheus: one registry a server, made by the composition root."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The server's numbers; streams and the render pool add their own to :attr:`registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stemwire_requests", "Answers by operation and status.", ("operation", "status"), registry=self.registry
        )
        self.seconds = Histogram("stemwire_request_seconds", "Time to answer.", ("operation",), registry=self.registry)
        self.received = Counter("stemwire_upload_bytes", "Bytes of audio taken in.", registry=self.registry)
        self.uploads = Gauge("stemwire_uploads", "Uploads being taken in.", registry=self.registry)
        self.saves = Counter("stemwire_autosaves", "Revisions saved by rooms.", ("outcome",), registry=self.registry)
        self.free = Gauge("stemwire_free_bytes", "Room left on the disk of the audio.", registry=self.registry)
        self.errors = Counter("stemwire_errors", "Requests that failed by an error of ours.", registry=self.registry)

    def watch(self, name: str, sentence: str, figure: Callable[[], float]) -> None:
        """Show a figure that is read when the numbers are asked for."""
        Gauge(f"stemwire_{name}", sentence, registry=self.registry).set_function(figure)

    def saved(self, outcome: str) -> None:
        """A room's desk was saved, or could not be."""
        self.saves.labels(outcome).inc()

    def page(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self.registry)
