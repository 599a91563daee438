"""Names and addresses of forms that keep drafts: `permit`, `dataset`, `run/KIND`."""

from __future__ import annotations

from urllib.parse import quote

from ....language import Message, say
from ....verbs.house.titles import kind_title as kind_title


def form_name(form: str) -> Message:
    """What the form is called where a draft of it is listed."""
    if form.startswith("run/"):
        return kind_title(form.removeprefix("run/"))
    return {"permit": say("ask for a Permit"), "dataset": say("bring a Dataset in")}.get(
        form, Message("{form}", {"form": form})
    )


def form_address(form: str) -> str:
    if form.startswith("run/"):
        return f"/run/{quote(form.removeprefix('run/'), safe='')}"
    return {"permit": "/permits/ask", "dataset": "/datasets/bring"}.get(form, "/")
