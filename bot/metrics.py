"""What the server counts (計測値) for Prometheus: how many, how long, how it ended; never what was asked.

The only file that imports prometheus_client.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)


class Watch:
    """Times one answer; what is never done was left or failed."""

    def __init__(self) -> None:
        self.ending = "gone"

    def done(self, status: str) -> None:
        self.ending = status


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter("handson_requests", "応答の数", ("door", "status"), registry=self._registry)
        self._answers = Counter("handson_answers", "回答の数", ("status",), registry=self._registry)
        self._seconds = Histogram(
            "handson_answer_seconds",
            "回答にかかった秒数（順番待ちを含む）",
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._asking = Gauge("handson_answers_in_progress", "いま答えている質問の数", registry=self._registry)
        self._opinions = Counter(
            "handson_feedback", "回答への評価の数", ("helpful",), registry=self._registry
        )
        self._release = Gauge(
            "handson_release_info",
            "公開中のリリース",
            ("release", "model", "search"),
            registry=self._registry,
        )

    @contextmanager
    def answering(self) -> Iterator[Watch]:
        watch, began = Watch(), time.perf_counter()
        with self._asking.track_inprogress():
            try:
                yield watch
            except Exception:
                watch.ending = "failed"
                raise
            finally:
                self._answers.labels(watch.ending).inc()
                self._seconds.observe(time.perf_counter() - began)

    def opinion(self, helpful: bool) -> None:
        self._opinions.labels("yes" if helpful else "no").inc()

    def answered(self, door: str, status: int) -> None:
        self._requests.labels(door, str(status)).inc()

    def text(self, release: str, model: str, search: str) -> bytes:
        """All figures as Prometheus reads them."""
        self._release.clear()
        if release:
            self._release.labels(release, model, search).set(1)
        return generate_latest(self._registry)


class Counted:
    """Counts every response by the route it took; an address that is none counts as "none"."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                door = getattr(scope.get("route"), "path", "none")
                self.metrics.answered(door, message["status"])
            await send(message)

        await self.app(scope, receive, counted if scope["type"] == "http" else send)
