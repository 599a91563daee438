"""Names and addresses of forms that keep drafts: `permit`, `dataset`, `run/KIND`."""

from __future__ import annotations

from urllib.parse import quote

from ...language import Message, say


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


_KINDS = {
    "adapt": say("Fit a monitor"),
    "analyse": say("Analyse with a script"),
    "assess": say("Measure risk and utility"),
    "dummy": say("Make dummy data"),
    "inject": say("Put known faults in"),
    "link-double": say("Link: blind the keys again"),
    "link-extract": say("Link: which rows to bring"),
    "link-inside": say("Link inside one organisation"),
    "link-join": say("Link: join"),
    "link-keys": say("Link: make keys"),
    "link-match": say("Link: match keys"),
    "monitor": say("Monitor batches"),
    "pseudonymise": say("Pseudonymise"),
    "pseudonymise-again": say("Pseudonymise the next delivery"),
    "release": say("Release"),
    "restore": say("Undo pseudonyms"),
}


def kind_title(name: str) -> Message:
    """What a kind is called on a page; one that came from outside has its own name."""
    return _KINDS.get(name) or Message("{name}", {"name": name})
