"""Spans cost nothing where nobody listens; where somebody does, they hold ids and codes and no text of an error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from dalgubeol import traces
from dalgubeol.errors import Invalid, Unavailable


@pytest.fixture
def sent() -> Iterator[list[Any]]:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    traces.send_to("http://127.0.0.1:9/none", "site-x", exporter)
    made: list[Any] = []
    yield made
    traces.stop()


def spans() -> list[Any]:
    assert traces._provider is not None
    traces._provider.force_flush()
    (processor,) = traces._provider._active_span_processor._span_processors
    return list(processor.span_exporter.get_finished_spans())


def test_off_it_imports_nothing_and_yields_nothing() -> None:
    code = "from dalgubeol.traces import span\nwith span('a', b=1) as made: print(made)\nimport sys; print('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]


@pytest.mark.usefixtures("sent")
def test_spans_are_nested_and_named() -> None:
    with traces.span("outer", kind="adapt"), traces.span("inner", run="run-1", attempt=2):
        pass
    inner, outer = spans()
    assert (outer.name, dict(outer.attributes)) == ("outer", {"dalgu.kind": "adapt"})
    assert dict(inner.attributes) == {"dalgu.run": "run-1", "dalgu.attempt": 2}
    assert inner.parent.span_id == outer.context.span_id
    assert outer.resource.attributes["service.instance.id"] == "site-x"


@pytest.mark.usefixtures("sent")
def test_a_callers_trace_is_gone_on_with() -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with traces.span("request", {"traceparent": given}):
        pass
    (made,) = spans()
    assert f"{made.context.trace_id:032x}" == given.split("-")[1]


@pytest.mark.usefixtures("sent")
def test_an_error_is_told_by_its_code_alone() -> None:
    with pytest.raises(Invalid), traces.span("a"):
        raise Invalid.field("age", expected="a number", got="secret-value")
    with pytest.raises(ValueError, match="secret"), traces.span("b"):
        raise ValueError("secret-value")
    told = spans()
    assert [s.attributes["dalgu.error"] for s in told] == ["invalid.age", "ValueError"]
    assert all(not s.status.is_ok and not s.events for s in told)
    assert "secret" not in "".join(s.to_json() for s in told)


def test_without_the_extra_the_next_step_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(Unavailable, match=r"dalgubeol\[telemetry\]"):
        traces.send_to("http://127.0.0.1:9", "site-x")
