"""What may come into the zone, and who may bring it. (Who votes on it: `reviewing`; the states: `airlock`.)

Files are brought in under a Permit that lets its people run code of their own, by one of them, and are there for the
Runs under that Permit alone, until it ends. Every reason at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import Reason
from ..language import Message, say
from ..nouns.permit import Actor, Permit, PermitState

MOST_FILES = 50
MOST_BYTES = 64 << 20
"""Of one submission."""
MOST_WAITING = 5
"""Submissions under one Permit that wait at one time."""
MOST_BROUGHT_FILES = 100
MOST_BROUGHT_BYTES = 256 << 20
"""Of all that came in under one Permit: each Run holds it in memory."""


def reasons_not_to_bring(
    actor: Actor,
    permit: Permit,
    now: str,
    *,
    in_the_zone: bool,
    waiting: int,
    brought_files: int,
    brought_bytes: int,
) -> tuple[Reason, ...]:
    """Why `actor` may not bring something in under this Permit. `in_the_zone`: whether it allows a kind that runs
    code of one's own; `brought_files` and `brought_bytes`: what came in before and what is offered now."""
    held: Mapping[str, object] = {"permit": permit.id}
    checks = (
        (actor.id not in permit.users, Reason("permit.holder", say("Permit {permit} belongs to somebody else.", **held))),
        (permit.state is not PermitState.GRANTED, Reason("permit.state", say("Permit {permit} is {state}, not granted.", state=permit.state, **held))),
        (now < permit.valid_from, Reason("permit.early", say("Permit {permit} begins on {day}.", day=permit.valid_from[:10], **held))),
        (now >= permit.valid_until, Reason("permit.ended", say("Permit {permit} ended on {day}.", day=permit.valid_until[:10], **held))),
        (permit.unsigned(actor.id), Reason("permit.pledge", say("You have not signed the pledge that goes with Permit {permit}.", **held))),
        (not in_the_zone, Reason("permit.zone", say("Permit {permit} allows no kind that runs code of your own: what came in could not be used.", **held))),
        (waiting >= MOST_WAITING, Reason("bring.waiting", say("{count} submissions under Permit {permit} are on their way in already.", count=waiting, **held))),
        (brought_files > MOST_BROUGHT_FILES, Reason("bring.many", say("With these more than {most} files would have come in under Permit {permit}.", most=MOST_BROUGHT_FILES, **held))),
        (brought_bytes > MOST_BROUGHT_BYTES, Reason("bring.much", say("With these more than {most} MB would have come in under Permit {permit}.", most=MOST_BROUGHT_BYTES >> 20, **held))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def safer(code: str) -> Message | None:
    """How a file with such a finding is made one that may come in; None where there is nothing to mend."""
    return _SAFER.get(code)


_SAFER: Mapping[str, Message] = {
    "file_name": say("Give the file a short, plain name."),
    "file_type": say("Bring scripts, tables as CSV, texts and wheels; the ending says what the file is."),
    "too_large": say("Bring less, or have it registered as a Dataset with a Permit of its own."),
    "empty": say("Leave the file out."),
    "encoding": say("Save it as UTF-8."),
    "hidden_text": say("Take out signs that nobody sees; most editors show them."),
    "encoded": say("Write it as plain code or as a table; what nobody can read does not come in."),
    "unreadable": say("Mend it: it must be read before it can be judged."),
    "outputs": say("Clear all outputs of the notebook, and save it again."),
    "identifier": say("Leave what says who somebody is out; persons' data comes in as a Dataset, with a Permit of its own."),
    "too_many_rows": say("Have it registered as a Dataset, and ask for a Permit that names it too."),
    "native_code": say("Only pure Python comes in. A package with compiled code is installed by the operator for everybody, or not at all: ask for it."),
    "pickle": say("Write what is stored as CSV or JSON, or as code that makes it anew."),
    "archive": say("Pack it anew, plainly: files only, each once, no archive within it."),
    "bomb": say("Bring less at once."),
    "wheel": say("Download the wheel again from where it was published, or build it with a current tool."),
    "hash": say("The package is not what its publisher packed. Download it again; if the hashes still do not hold, leave it out."),
    "known_bad": say("Look at the name again: it is not the package that you mean, or poses as it."),
    "refused": say("Ask the operator why; use another package, or bring the part that you need as a module of your own."),
    "shadows": say("Give the module another name, or use the one that is there."),
    "runs_unasked": say("Take it out: what comes in runs when a script imports it, and not before."),
}  # fmt: skip
