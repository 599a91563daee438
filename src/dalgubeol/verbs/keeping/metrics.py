"""The site in numbers, as Prometheus reads them: no name, no id of a person, a bounded number of series.

What the database knows is counted when somebody asks (indexed counts, a few milliseconds); requests are counted
as they happen, by `REQUESTS`, which costs microseconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from ...nouns.run import RunState
from ...world.identity.schema import sessions
from ...world.store import chores
from ...world.store.schema import runs
from ..house.clock import now
from ..house.house import House

if TYPE_CHECKING:
    from prometheus_client.core import Metric

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """Requests of this process by door, method and status, and how long they took."""

    @cached_property
    def registry(self) -> Any:
        from prometheus_client import CollectorRegistry

        return CollectorRegistry()

    @cached_property
    def _taken(self) -> Any:
        from prometheus_client import Histogram

        return Histogram(
            "dalgu_request_seconds", "Requests and how long they took", ("door", "method", "status"),
            registry=self.registry, buckets=BUCKETS_S,
        )  # fmt: skip

    def observe(self, door: str, method: str, status: int, seconds: float) -> None:
        """One request was answered. `door` is one of a few words, never a path."""
        known = method if method in _METHODS else "other"  # a stranger's word makes no series
        self._taken.labels(door, known, str(status)).observe(seconds)


REQUESTS = Requests()


def exposition(house: House, requests: Requests = REQUESTS) -> bytes:
    """Everything in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(house))
    _ = requests._taken  # the family is there before the first request
    return generate_latest(registry) + generate_latest(requests.registry)


class _Collected:
    """Prometheus' protocol: `collect` is called once for each exposition."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterable[Metric]:
        house = self._house
        with house.database.reading() as connection:
            yield from _of_runs(connection)
            yield _gauge("dalgu_ledger_records", "Records in the ledger", house.log.size(connection))
            yield _gauge("dalgu_sessions_alive", "Sessions of people that have not ended", _alive(connection))
            yield from _of_chores(connection)
        state = house.folder / "state.db"
        sizes = [path.stat().st_size for path in (state, state.with_name("state.db-wal")) if path.exists()]
        yield _gauge("dalgu_database_bytes", "Size of the database with its write-ahead log", sum(sizes))
        yield _gauge("dalgu_disk_free_bytes", "Free space on the site's disk", shutil.disk_usage(house.folder).free)  # fmt: skip


def _of_runs(connection: Connection) -> Iterable[Metric]:
    counted = connection.execute(select(runs.c.state, func.count()).group_by(runs.c.state))
    by_state = {state: int(count) for state, count in counted}
    rows = [((state.value,), by_state.get(state.value, 0)) for state in RunState]
    yield _gauges("dalgu_runs", "Runs by state", ("state",), rows)
    queued = select(func.min(runs.c.submitted_at)).where(runs.c.state == RunState.QUEUED.value)
    oldest = connection.execute(queued).scalar()
    age_s = max(_seconds(now()) - _seconds(oldest), 0.0) if oldest else 0.0
    yield _gauge("dalgu_queue_age_seconds", "How long the oldest queued Run has waited", age_s)


def _of_chores(connection: Connection) -> Iterable[Metric]:
    done = chores.listed(connection)
    yield _gauges("dalgu_chore_ok", "Whether a chore went well when it was last done", ("chore",), [((d.name,), int(d.ok)) for d in done])  # fmt: skip
    yield _gauges("dalgu_chore_last_seconds", "When a chore was last done (Unix time)", ("chore",), [((d.name,), _seconds(d.last_at)) for d in done])  # fmt: skip


def _alive(connection: Connection) -> int:
    query = select(func.count()).select_from(sessions).where(sessions.c.expires_at > now())
    return int(connection.execute(query).scalar_one())


def _gauge(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], float]]) -> Metric:  # fmt: skip
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
