"""Counters for the status page and for Prometheus; labels are codes, never ids or text."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The bot's counters on a registry of their own; the composition root makes one."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()

        def counter(name: str, about: str, label: str) -> Counter:
            return Counter(f"qungui_{name}", about, [label], registry=self._registry)

        self._received = counter("events_received", "Events received", "kind")
        self._dropped = counter("events_dropped", "Payloads dropped", "reason")
        self._failed = counter("faults", "Errors that are bugs", "step")
        self._findings = counter("findings", "Findings", "rule")
        self._alerts = counter("alerts", "Alerts put in the outbox", "lane")
        self._sends = counter("sends", "Settled sends", "outcome")
        self._queues = Gauge(
            "qungui_queue_length", "What is waiting now", ["queue"], registry=self._registry
        )
        self._batches = Histogram(
            "qungui_batch_size", "Events in one commit", buckets=_BATCHES, registry=self._registry
        )

    def event_received(self, kind: str, count: int = 1) -> None:
        """Count events by the name of their class."""
        self._received.labels(kind).inc(count)

    def event_dropped(self, reason: str) -> None:
        """Count a payload that became no event, by one of our own reasons."""
        self._dropped.labels(reason).inc()

    def fault(self, step: str) -> None:
        """Count a bug by the step of the pipeline in which it showed."""
        self._failed.labels(step).inc()

    def finding(self, rule: str) -> None:
        """Count a finding by its rule."""
        self._findings.labels(rule).inc()

    def alert(self, lane: str) -> None:
        """Count an alert by its lane."""
        self._alerts.labels(lane).inc()

    def send_settled(self, outcome: str) -> None:
        """Count a send by how it ended."""
        self._sends.labels(outcome).inc()

    def batch_committed(self, size: int) -> None:
        """Note how many events one commit took."""
        self._batches.observe(size)

    def queue_is(self, queue: str, length: int) -> None:
        """Note how much waits in a queue."""
        self._queues.labels(queue).set(length)

    def value(self, name: str, **labels: str) -> float:
        """Return one sample (`value("findings_total", rule="gambling")`), 0 before the first."""
        return self._registry.get_sample_value(f"qungui_{name}", labels) or 0.0

    def exposition(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)


_BATCHES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
