"""`dalgu airlock list | show | view | diff | vote | explain | withdraw`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import Invalid, Missing
from ...language import reader_language, say
from ...rules.airlock import ReviewState
from ..plain import harmless
from ..standing import advice, standing, state_of
from .lists import After, Limit, taken
from .opened import signed_in
from .shown import AsJson, as_json, named, out, table, told

if TYPE_CHECKING:
    from ...verbs.airlock.airlock import Submission
    from ...world.store.reviews import Review

app = typer.Typer(
    no_args_is_help=True, help=told(say("The airlock: what wants to leave, and the votes on it."))
)
RunId = Annotated[str, typer.Argument(help=told(say("Id of the Run whose outputs wait")))]


@app.command("list", help=told(say("The whole queue; nothing is filtered away.")))
def list_(limit: Limit = 1000, after: After = "", json: AsJson = False) -> None:
    from ...verbs.airlock import review

    with signed_in() as (house, who):
        found = taken(lambda a, n: review.page(house, who.actor, after=a, limit=n), after, limit)
    if json:
        as_json(found)
        return
    rows = [(r.run, r.organisation, state_of(r), r.opened_at[:19], len(r.findings), r.context) for r in found]
    headers = (say("run"), say("organisation"), say("state"), say("since"), say("findings"), say("context"))
    table(headers, rows)


@app.command(help=told(say("What waits there, what the checks found, and the votes you may see.")))
def show(run: RunId, json: AsJson = False) -> None:
    from ...verbs.airlock import airlock

    with signed_in() as (house, who):
        found = airlock.submission(house, who, run)
    if json:
        as_json(found.review)
        return
    out(f"{run}: {named(state_of(found.review))}")
    out(f"  {told(standing(found.review.state, found.review.direction))}")
    _checked(found)
    _explained(found.review, found.review.author == who.actor.id, len(found.sizes))
    names = {person: f"{name} ({organisation})" for person, name, organisation in found.names}
    for vote in found.review.votes:
        how = told(say("approved")) if vote.approve else told(say("declined"))
        out(f"  {names.get(vote.person, vote.person)}: {how} {harmless(vote.comment)}")
        for number, each in enumerate(vote.files, 1):
            out(
                f"    {told(say('File {file}', file=number))}: {named(each.verdict)} {harmless(each.comment)}"
            )


def _checked(found: Submission) -> None:
    """What the checks found, and how what is held is made to pass."""
    from ...verbs.airlock import model_reports, review, safe_versions

    seen = found.review
    for line in review.findings_text(seen, reader_language()):
        out(f"  - {line}")
    for report in found.models:
        out(f"  {told(say('The model in file {file}, attacked', file=report['file']))}")
        for sentence in model_reports.sentences(report):
            out(f"    {told(sentence)}")
    if seen.state is not ReviewState.HELD:
        return
    for sentence in advice(seen.findings, seen.direction):
        out(f"  → {told(sentence)}")
    for proposal in found.proposals:
        out(f"  * {told(safe_versions.told(proposal))}")
    for method in (each.method for each in found.proposals if each.passes):
        out(f"    dalgu airlock safe {seen.run} --method {method}")


def _explained(seen: Review, own: bool, count: int) -> None:
    """What its author says of each file; she is told which of them still lack her word."""
    for number, context in sorted(seen.contexts.items()):
        said = " · ".join(filter(None, (context.shows, context.made, context.why)))
        out(f"  {told(say('File {file}', file=number))}: {harmless(said)}")
    lacking = [str(number) for number in range(1, count + 1) if number not in seen.contexts]
    if own and seen.state is ReviewState.DRAFT:
        out(told(say("Files without a word of yours, by number in the order of their names: {files}. Say it: {command}", files=", ".join(lacking), command=f'dalgu airlock explain {seen.run} {lacking[0]} --why "..." --shows "..." --made "..."')))  # fmt: skip


@app.command(help=told(say("Look at a file as a reviewer; each look is a Record.")))
def view(
    run: RunId,
    file: Annotated[str | None, typer.Argument(help=told(say("The file; all names if not given")))] = None,
    member: Annotated[list[int] | None, typer.Option(help=told(say("Of a package: a member by its number; all names if not given")))] = None,
) -> None:  # fmt: skip
    from ...verbs.airlock import review

    with signed_in() as (house, who):
        files = review.files(house, who, run)
    if file is None:
        for name in sorted(files):
            out(f"{name}  {len(files[name]):,} B")
        return
    if file not in files:
        raise Missing("file.missing", say("There is no file {path}.", path=file), say("Check the path."))
    if file.lower().endswith(".png"):
        out(told(say("This is a picture: look at it in the portal.")))
        return
    if file.lower().endswith(".whl"):
        _view_package(files[file], member or ())
        return
    sys.stdout.write(harmless(files[file].decode("utf-8", errors="replace")))


def _view_package(content: bytes, wanted: Sequence[int]) -> None:
    """The members of a wheel by number, as the scan names them, or the text of some. Raises Invalid."""
    from ...methods.bringing.archives import members
    from ...methods.bringing.what import What, what_it_is

    found, _ = members(content)
    if not found:
        out(told(say("This archive is not opened: the scan says why.")))
        return
    named_so = dict(enumerate(sorted(found), 1))
    for number in wanted:
        if number not in named_so:
            raise Invalid.field("member", expected=say("{least} to {most}", least=1, most=len(named_so)), got=number)  # fmt: skip
    for number, name in named_so.items():
        if wanted and number not in wanted:
            continue
        out(f"{number}. {harmless(name)}  {len(found[name]):,} B")
        if wanted and what_it_is(found[name]) in (What.TEXT, What.EMPTY):
            sys.stdout.write(harmless(found[name].decode("utf-8", errors="replace")))
        elif wanted:
            out(told(say("This is no text.")))


@app.command(
    help=told(
        say("What changed since the author's last submission from the same data; each look is a Record.")
    )
)
def diff(run: RunId) -> None:
    from ...verbs.airlock import review

    with signed_in() as (house, who):
        found = review.difference(house, who, run)
    if found is None:
        out(told(say("There is no earlier submission to compare with.")))
        return
    before, changed = found
    out(told(say("Compared with the submission of Run {run}:", run=before.run)))
    for each in changed:
        out(f"{harmless(each.name)}: {named(each.change)}")
        for line in each.lines:
            out(f"  {harmless(line)}")


@app.command(help=told(say("Vote, with your signature.")))
def vote(
    run: RunId,
    approve: Annotated[bool, typer.Option("--approve/--decline", help=told(say("May it leave?")))],
    comment: Annotated[str, typer.Option(help=told(say("A word to the author")))] = "",
    mend: Annotated[list[str] | None, typer.Option(help=told(say("A file by its number that is to be mended, as `2` or `2: why`")))] = None,
    reject: Annotated[list[str] | None, typer.Option(help=told(say("A file by its number that may never leave, as `2` or `2: why`")))] = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...rules.reviewing import FileVerdict, FileVote
    from ...verbs.airlock import review
    from ...verbs.runs.conduct import run_to_end

    files: dict[int, FileVote] = {}
    for verdict, named_files in ((FileVerdict.MEND, mend or ()), (FileVerdict.REJECT, reject or ())):
        for text in named_files:
            number, _, why = text.partition(":")
            files[_number(number)] = FileVote(verdict, why.strip())
    with signed_in() as (house, who):
        found = review.vote(house, who, run, approve, comment, files)
        if found.release_run is not None:
            run_to_end(house, found.release_run)
            found = review.look(house, who.actor, run)
    if json:
        as_json(found)
        return
    out(f"{found.run}: {named(state_of(found))}")


def _number(text: str) -> int:
    """Raises Invalid."""
    if not text.strip().isdecimal():
        raise Invalid.field("file", expected=say("the number of a file"), got=say("something else"))
    return int(text)


@app.command(
    help=told(
        say("Say of a file of yours why it is to leave; once each has its word the reviewers are asked.")
    )
)
def explain(
    run: RunId,
    file: Annotated[int, typer.Argument(help=told(say("The number of the file, in the order of their names")))],
    why: Annotated[str, typer.Option(help=told(say("Why it is to leave")))],
    shows: Annotated[str, typer.Option(help=told(say("What it shows")))],
    made: Annotated[str, typer.Option(help=told(say("How it was made")))],
    json: AsJson = False,
) -> None:  # fmt: skip
    from ...verbs.airlock import review
    from ...world.store.reviews import Context

    with signed_in() as (house, who):
        found = review.explain(house, who, run, {file: Context(why, shows, made)})
    as_json(found) if json else out(f"{found.run}: {named(state_of(found))}")


@app.command(
    help=told(
        say("Submit a safe version of your own held files instead of them; `show` lists those that pass.")
    )
)
def safe(
    run: RunId,
    method: Annotated[str, typer.Option(help=told(say("rounded or suppressed")))],
    json: AsJson = False,
) -> None:
    from ...kinds.safe_files import Method
    from ...verbs.airlock import safe_versions
    from ...verbs.runs.conduct import run_to_end
    from .runs import EXITS, tell

    if method not in list(Method):
        raise Invalid.field("method", expected="rounded, suppressed", got=method)
    with signed_in() as (house, who):
        made = safe_versions.take(house, who, run, Method(method))
        ended = run_to_end(house, made.id)
        as_json(ended) if json else tell(house, who, ended)
    raise typer.Exit(EXITS.get(ended.state, 0))


@app.command(help=told(say("Take your own submission back.")))
def withdraw(run: RunId, json: AsJson = False) -> None:
    from ...verbs.airlock import review

    with signed_in() as (house, who):
        found = review.withdraw(house, who, run)
    as_json(found) if json else out(f"{found.run}: {named(state_of(found))}")
