"""Names and addresses of forms that keep drafts: `permit`, `dataset`, `run/KIND`."""

from __future__ import annotations

from urllib.parse import quote

from ...errors import Missing
from ...language import Message, say


def form_name(form: str) -> Message:
    """What the form is called where a draft of it is listed."""
    if form.startswith("run/"):
        return say("run '{kind}'", kind=form.removeprefix("run/"))
    return {"permit": say("ask for a Permit"), "dataset": say("bring a Dataset in")}.get(
        form, Message("{form}", {"form": form})
    )


def form_address(form: str) -> str:
    if form.startswith("run/"):
        return f"/run/{quote(form.removeprefix('run/'), safe='')}"
    return {"permit": "/permits/ask", "dataset": "/datasets/bring"}.get(form, "/")


def kind_summary(name: str) -> Message | None:
    """What a kind does; None where it is not installed (any more)."""
    from ...kinds import kind

    try:
        return kind(name).summary
    except Missing:
        return None
