"""Traces for operators (OpenTelemetry): off unless settings.toml names an endpoint, and then only ids and codes.

`span` costs a function call where nobody listens. The extra `telemetry` brings the library; nothing of it is
imported before `send_to`. A span that fails says the error's code, never its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .errors import DalguError, Unavailable
from .language import say

_tracer: Any = None
_provider: Any = None


def send_to(endpoint: str, site: str, exporter: Any = None) -> None:
    """Send the spans of this process to `endpoint` (OTLP over HTTP) from now on. Raises Unavailable without the extra."""
    global _tracer, _provider
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise Unavailable(
            "telemetry.extra",
            say("Traces are asked for in settings.toml, and the library for them is not installed."),
            say("Type `pip install 'dalgubeol[{extra}]'`.", extra="telemetry"),
        ) from None
    stop()
    resource = Resource({"service.name": "dalgubeol", "service.instance.id": site})
    _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    _provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint)))
    _tracer = _provider.get_tracer("dalgubeol")


def stop() -> None:
    """Send what waits, and be off again."""
    global _tracer, _provider
    if _provider is not None:
        _provider.shutdown()
    _tracer = _provider = None


@contextmanager
def span(name: str, headers: Mapping[str, str] | None = None, **attributes: str | int | float | bool) -> Iterator[Any]:  # fmt: skip
    """What happens inside is one span, a child of the one around it, or of the caller's whose `traceparent` is in
    `headers`. Yields the span, or None where nobody listens."""
    tracer = _tracer
    if tracer is None:
        yield None
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import Status, StatusCode

    parent = extract(dict(headers)) if headers else None
    named = {f"dalgu.{key}": value for key, value in attributes.items()}
    with tracer.start_as_current_span(
        name, parent, attributes=named, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except BaseException as error:
            made.set_status(Status(StatusCode.ERROR))
            code = error.code if isinstance(error, DalguError) else type(error).__name__
            made.set_attribute("dalgu.error", code)
            raise
