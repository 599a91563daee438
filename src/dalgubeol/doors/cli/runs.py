"""`dalgu run KIND ...`, `dalgu runs list | show | log | cancel`.

The options of `dalgu run KIND` are made from the kind's slots and parameters.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ...errors import EXIT_BROKEN, EXIT_FAILED, EXIT_HELD, Invalid
from ...language import Message, phrase, restored, say
from ...nouns.run import Run, RunState
from .. import standing
from .lists import After, Limit, taken
from .opened import signed_in
from .policies import text_of_file, whole_policy
from .shown import AsJson, as_json, complain, named, out, stored_message, table, told

if TYPE_CHECKING:
    from ...kinds.contract import Kind
    from ...verbs.house.house import House
    from ...world.identity import SignedIn

EXITS = {RunState.FAILED: EXIT_FAILED, RunState.BROKEN: EXIT_BROKEN, RunState.HELD: EXIT_HELD}
_ANY = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
_runs = typer.Typer(invoke_without_command=True, help=told(say("Runs: list, look at, cancel.")))


def add_to(app: typer.Typer) -> None:
    app.command(
        "run", context_settings=_ANY, help=told(say("Run a kind on Datasets: `dalgu run KIND --help`."))
    )(run)
    app.add_typer(_runs, name="runs")


def run(context: typer.Context) -> None:
    from ...kinds import kind as kind_named
    from ...kinds import names
    from ...verbs.runs.parameters import checked_parameters

    gc.enable()
    arguments = list(context.args)
    if not arguments or arguments[0] in ("-h", "--help"):
        _list_kinds(names())
        return
    kind = kind_named(arguments[0])
    given = parser(kind).parse_args(arguments[1:])
    parameters = {n: v for n in kind.Parameters.model_fields if (v := getattr(given, f"p_{n}")) is not None}
    parameters = _told_by_suffix(kind, parameters)
    checked_parameters(kind, parameters)  # before a site is opened for nothing
    named = {slot.name: getattr(given, f"s_{slot.name}") for slot in kind.slots}
    inputs = {slot: name for slot, name in named.items() if name is not None}
    ended = _run(kind, inputs, parameters, given.seed, given.json, not given.no_wait)
    raise typer.Exit(EXITS.get(ended.state, 0))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as everything here does: as an error of its family."""

    def error(self, message: str) -> NoReturn:
        raise Invalid(
            "invalid.options",
            say("The options of this command do not fit: {what}.", what=message),
            say("`{program} --help` lists them.", program=self.prog),
        )


def parser(kind: Kind) -> argparse.ArgumentParser:
    """The command line of a kind, from its slots and the JSON schema of its parameters."""
    made = _Parser(
        prog=f"dalgu run {kind.name}",
        description=_escaped(told(kind.summary)),
        allow_abbrev=False,
        add_help=True,
    )
    for slot in kind.slots:
        said: dict[str, Any] = {"metavar": slot.name.upper(), "help": _escaped(told(phrase(slot.summary)))}
        if slot.optional:
            made.add_argument(f"--{slot.name.replace('_', '-')}", dest=f"s_{slot.name}", **said)
        else:
            made.add_argument(f"s_{slot.name}", **said)
    schema = kind.Parameters.model_json_schema()
    for name, facts in schema["properties"].items():
        needed = name in schema.get("required", ())
        option: dict[str, Any] = {"dest": f"p_{name}", "help": _help(facts, needed), "default": None}
        option.update(_argument(name, facts, schema))
        made.add_argument(f"--{name.replace('_', '-')}", **option)
    made.add_argument("--seed", type=int, default=0, help=told(say("Seed of everything random")))
    made.add_argument("--no-wait", action="store_true", help=told(say("Queue it and return at once")))
    made.add_argument("--json", action="store_true", help=told(say("JSON for programs")))
    return made


def _argument(name: str, facts: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """How argparse reads one parameter: as text; what it must be is the kind's own model to say."""
    if facts.get("file"):
        read = whole_policy if facts["file"] == "policy" else text_of_file
        return {"type": lambda path: _FromFile(read(Path(path)), path), "metavar": "FILE"}
    kinds = {facts.get("type"), *(option.get("type") for option in facts.get("anyOf", ()))}
    if "boolean" in kinds:
        return {"action": argparse.BooleanOptionalAction}
    if "object" in kinds or _of_objects(facts, schema):
        return {"type": _json, "metavar": "JSON|@FILE"}
    if "array" in kinds:
        return {"action": "append", "metavar": "ITEM"}
    return {"metavar": name.upper()}


class _FromFile(str):
    """The text of a file that still knows the file's name."""

    name: str

    def __new__(cls, text: str, name: str) -> _FromFile:
        made = super().__new__(cls, text)
        made.name = name
        return made


def _told_by_suffix(kind: Kind, parameters: dict[str, Any]) -> dict[str, Any]:
    """What the ending of a file says where nobody said it (`contract.suffix_of`)."""
    from ...nouns.script import script_language

    for name, facts in kind.Parameters.model_json_schema()["properties"].items():
        text = parameters.get(facts.get("suffix_of"))
        if isinstance(text, _FromFile) and name not in parameters:
            parameters = {**parameters, name: script_language(text.name).value}
    return parameters


def _of_objects(facts: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Whether the parameter is an object, or a list of objects, that the schema defines elsewhere."""
    candidates = [facts, facts.get("items", {}), *facts.get("anyOf", ())]
    references = [c["$ref"].rpartition("/")[2] for c in candidates if "$ref" in c]
    return any(schema["$defs"][name].get("type") == "object" for name in references)


def _json(text: str) -> object:
    import json

    try:
        return json.loads(text_of_file(Path(text[1:])) if text.startswith("@") else text)
    except ValueError:
        raise Invalid.field(
            "JSON", expected=say("a JSON object, or @ and the name of a file"), got=say("something else")
        ) from None


def _help(facts: dict[str, Any], needed: bool) -> str:
    default = facts.get("default")
    text = _escaped(told(phrase(str(facts.get("description", "")))))
    if needed:
        return f"{text} ({told(say('needed'))})"
    if "unless" in facts:
        return f"{text} ({told(say('needed without {option}', option='--' + facts['unless']))})"
    return f"{text} [{default}]" if default not in (None, [], {}, "") else text


def _escaped(text: str) -> str:
    """argparse reads % in its texts as a place for a value."""
    return text.replace("%", "%%")


def _list_kinds(names: tuple[str, ...]) -> None:
    from ...kinds import kind as kind_named

    table(
        (say("kind"), say("what it does")),
        [(name, kind_named(name).summary) for name in names],
    )
    out(told(say("`dalgu run KIND --help` shows what a kind takes.")))


def _run(
    kind: Kind, inputs: dict[str, str], parameters: dict[str, Any], seed: int, json: bool, wait: bool
) -> Run:  # fmt: skip
    from ...verbs.runs import submit
    from ...verbs.runs.conduct import run_to_end

    with signed_in() as (house, who):
        queued = submit.submit(house, who.actor, kind.name, inputs, parameters, seed)
        if not wait:
            as_json(queued) if json else out(queued.id)
            return queued
        with _Bar(kind.name, json) as show:
            ended = run_to_end(house, queued.id, show)
        if json:
            as_json(ended)
        else:
            tell(house, who, ended)
    return ended


class _Bar:
    """A progress bar on standard error while a Run goes on."""

    def __init__(self, title: str, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"), TimeElapsedColumn())  # fmt: skip
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty())  # fmt: skip
        self._title = title

    def __enter__(self) -> Callable[[Run], None]:
        self._progress.start()
        task = self._progress.add_task(self._title, total=1.0)

        def show(run: Run) -> None:
            stage = told(stored_message(run.stage)) or named(run.state)
            self._progress.update(task, completed=run.progress, description=f"{self._title}: {stage}")

        return show

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()


def tell(house: House, who: SignedIn, run: Run) -> None:
    from ...verbs.airlock.airlock import submissions

    found = submissions(house, who.actor, [run.id]).get(run.id)
    out(f"{run.id}: {told(standing.beside(run.state, found))}")
    if run.fault is not None:
        complain(told(stored_message(run.fault.message)))
        complain(f"→ {told(stored_message(run.fault.next_step))}")
    if run.outputs:
        from ...verbs.projects.undeclared import told_of
        from ...world.store import datasets

        with house.database.reading() as connection:
            made = {output: datasets.find(connection, id_) for output, id_ in run.outputs.items()}
        strange = told_of(house, made.values())
        for output, dataset in made.items():
            out(f"  {output}: {dataset.name}")
            if dataset.id in strange:
                out(f"    {told(strange[dataset.id])}")
            for line in dataset.about.get("said", ()):  # type: ignore[attr-defined]
                out(f"    {told(restored(line))}")
    if run.state is RunState.HELD:
        if found is not None:
            out(told(standing.standing(found.state, found.direction)))
        out(told(say("Its outputs wait in the airlock: `dalgu airlock show {run}`.", run=run.id)))
        passing = [p["method"] for dataset in made.values() for p in dataset.about.get("proposals", ()) if p["passes"]]  # type: ignore[attr-defined]  # fmt: skip
        if passing:
            out(told(say("The checks hold them, but a safe version passes: `dalgu airlock safe {run} --method {method}`.", run=run.id, method="|".join(passing))))  # fmt: skip


@_runs.callback()
def list_(
    context: typer.Context,
    state: Annotated[RunState | None, typer.Option(help=told(say("Only those in this state")))] = None,
    limit: Limit = 1000,
    after: After = "",
    json: AsJson = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    from ...verbs.airlock.airlock import submissions
    from ...verbs.runs import submit
    from ...world.store.runs import Wanted

    wanted = Wanted(state)
    with signed_in() as (house, who):
        found = taken(lambda a, n: submit.page(house, who.actor, wanted, a, n), after, limit)
        of = submissions(house, who.actor, [r.id for r in found])
    if json:
        as_json(found)
        return
    rows = [
        (r.id, r.kind, standing.beside(r.state, of.get(r.id)), r.submitted_at[:19], (r.ended_at or "")[:19])
        for r in found
    ]
    headers = (say("id"), say("kind"), say("state"), say("submitted"), say("ended"))
    table(headers, rows)


@_runs.command(help=told(say("One Run: state, outputs, fault.")))
def show(run: Annotated[str, typer.Argument(help=told(say("Id of the Run")))], json: AsJson = False) -> None:
    from ...verbs.runs import submit

    with signed_in() as (house, who):
        found = submit.show(house, who.actor, run)
        as_json(found) if json else tell(house, who, found)


@_runs.command(help=told(say("What its script prints, for operators of the site: each look is recorded.")))
def log(
    run: Annotated[str, typer.Argument(help=told(say("Id of the Run")))],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help=told(say("Go on until the Run has ended")))
    ] = False,
) -> None:
    import time

    from ...verbs.airlock import script_logs

    with signed_in() as (house, who):
        pieces = script_logs.follow(house, who, run) if follow else script_logs.read(house, who, run)
        for piece in pieces:
            sys.stdout.write(f"\n{told(piece)}\n" if isinstance(piece, Message) else piece)
            sys.stdout.flush()
            if follow and not piece:
                time.sleep(script_logs.PAUSE_S)


@_runs.command(help=told(say("Stop a Run; what it made is thrown away.")))
def cancel(
    run: Annotated[str, typer.Argument(help=told(say("Id of the Run")))], json: AsJson = False
) -> None:
    from ...verbs.runs.submit import cancel as ask

    with signed_in() as (house, who):
        found = ask(house, who.actor, run)
    as_json(found) if json else out(told(say("{run} is asked to stop.", run=run)))
