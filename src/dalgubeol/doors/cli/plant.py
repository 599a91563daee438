"""`dalgu plant list | tags | log` and `dalgu twin whatif`: plants that are computed, and what they would do."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import Invalid, Missing
from ...language import say
from .shown import AsJson, as_json, out, table, told

if TYPE_CHECKING:
    from ...methods.plants import Plant
    from ...methods.twin.whatif import Ahead

app = typer.Typer(
    no_args_is_help=True, help=told(say("Plants that are computed: the reference process and the lines."))
)
twin = typer.Typer(
    no_args_is_help=True, help=told(say("The twin of a plant: where it is, and what it would do."))
)
MOST_HOURS = 1000.0
_AT_ONCE = 60
_SHOWN = (
    "reactor_pressure",
    "reactor_level",
    "reactor_temperature",
    "purge_flow",
    "stripper_underflow",
    "product_g",
)
Name = Annotated[str, typer.Argument(help=told(say("Name of the plant; `dalgu plant list` shows them")))]
Settings_ = Annotated[list[str] | None, typer.Option("--set", help=told(say("A set-point: NAME=VALUE; may be given more than once")))]  # fmt: skip


@app.command("list", help=told(say("Show the plants there are.")))
def listed(json: AsJson = False) -> None:
    from ...methods import plants

    found = [(name, len(plants.simulated(name).tags)) for name in plants.names()]
    if json:
        as_json([{"name": name, "tags": count} for name, count in found])
        return
    table((say("Plant"), say("Tags")), found)


@app.command(help=told(say("Show a plant's tags with their units and ranges.")))
def tags(name: Name, json: AsJson = False) -> None:
    from ...methods import plants

    found = plants.simulated(name).tags
    if json:
        as_json(found)
        return
    rows = [(tag.name, tag.unit, f"{tag.low:g}", f"{tag.high:g}", say("can be set") if tag.settable else None) for tag in found]  # fmt: skip
    table((say("Tag"), say("Unit"), say("From"), say("To"), say("Set")), rows)


@app.command(help=told(say("Run a plant and write its log as CSV, as a plant's historian keeps it.")))
def log(
    name: Name,
    hours: Annotated[float, typer.Option(min=0.0, max=MOST_HOURS, help=told(say("How long, in hours of the plant")))] = 24.0,
    every: Annotated[float, typer.Option(min=1.8, help=told(say("Seconds of the plant between two rows; the process goes in steps of 1.8")))] = 90.0,
    set_: Settings_ = None,
    disturb: Annotated[list[str] | None, typer.Option(help=told(say("A disturbance: NUMBER or NUMBER:SIZE, the size from 0 to 1")))] = None,
    warm_up: Annotated[float, typer.Option(min=0.0, max=MOST_HOURS, help=told(say("Hours that pass before the log begins")))] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help=told(say("What the plant draws its noise from")))] = 0,
    to: Annotated[Path | None, typer.Option(help=told(say("The file; without one it is printed")))] = None,
) -> None:  # fmt: skip
    from ...methods import plants

    plant = plants.simulated(name, seed=seed)
    for each in set_ or ():
        at, value = _pair(each, "--set", "=")
        plant.set(at if at.endswith("_setpoint") else f"{at}_setpoint", value)
    for each in disturb or ():
        number, size = _pair(each if ":" in each else f"{each}:1", "--disturb", ":")
        if not number.isdigit():
            raise Invalid.field("--disturb", expected=say("a whole number"), got=number)
        plant.disturb(int(number), size)
    plant.advance(warm_up)
    if to is None:
        _write(plant, hours, every, sys.stdout)
        return
    with to.open("w", newline="", encoding="utf-8") as file:
        rows = _write(plant, hours, every, file)
    out(told(say("{rows} rows in {file}.", rows=f"{rows:,}", file=to.name)))
    if plant.stopped is not None:
        out(
            told(
                say(
                    "The plant shut down after {hours} h: {why}.",
                    hours=f"{plant.hours:.2f}",
                    why=plant.stopped,
                )
            )
        )


@twin.command(
    help=told(say("Follow a log of the process to where the plant is, and run ahead with other set-points."))
)
def whatif(
    log_: Annotated[Path, typer.Argument(metavar="LOG", help=told(say("The CSV of `dalgu plant log`, or one with its columns")))],
    set_: Settings_ = None,
    hours: Annotated[float, typer.Option(help=told(say("How far ahead, in hours")))] = 24.0,
    seed: Annotated[int, typer.Option(min=0, help=told(say("What the twin draws its members from")))] = 0,
    json: AsJson = False,
) -> None:  # fmt: skip
    from rich.console import Console
    from rich.progress import Progress

    from ...methods.twin.estimator import Twin
    from ...methods.twin.following import follow, last_handles
    from ...methods.twin.whatif import what_if

    asked = dict(_pair(each, "--set", "=") for each in set_ or ())
    columns = _columns(log_)
    known = Twin.at(seed=seed)
    quiet = json or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task(told(say("following the log")), total=1.0)
        for share in follow(known, columns):
            progress.update(task, completed=share)
    answer = what_if(known.estimate(last_handles(columns), members=8), asked, hours)
    if json:
        as_json({
            "as_it_is": _plain(answer.as_it_is), "changed": _plain(answer.changed),
            "drift": {tag: float(value) for tag, value in zip(_tags(), known.drift, strict=True)},
            "estimated": {name: {"off": off, "sd": sd} for name, (off, sd) in known.quantities.items()},
        })  # fmt: skip
        return
    rows: list[tuple[str, ...]] = [
        (name, unit, f"{answer.as_it_is.shown[-1, at]:,.2f}", f"{answer.changed.shown[-1, at]:,.2f}", f"{answer.changed.low[-1, at]:,.2f} - {answer.changed.high[-1, at]:,.2f}")
        for at, name, unit in _picked()
    ]  # fmt: skip
    late = slice(-max(1, len(answer.as_it_is.cost) // 4), None)
    costs = [ahead.cost[late].mean() for ahead in (answer.as_it_is, answer.changed)]
    rows.append(("operating_cost", "$/h", *(f"{cost:,.1f}" for cost in costs), ""))
    table((say("Tag"), say("Unit"), say("As it is set"), say("Changed"), say("Between")), rows)
    for ahead, which in ((answer.as_it_is, say("As it is set")), (answer.changed, say("Changed"))):
        if ahead.stops is not None and ahead.stops_after_h is not None:
            out(told(say("{which}: the plant shuts down after {hours} h: {why}.", which=which, hours=f"{ahead.stops_after_h:.1f}", why=ahead.stops)))  # fmt: skip


def _write(plant: Plant, hours: float, every_s: float, file: Any) -> int:
    """Some rows at a time, so that a long log is never whole in memory."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["hours", *(tag.name for tag in plant.tags)])
    every_h = every_s / 3600
    if plant.step_h:
        every_h = max(1, round(every_h / plant.step_h)) * plant.step_h
    rows, most = 0, max(1, round(hours / every_h))
    while rows < most and plant.stopped is None:
        times, values = plant.log(min(_AT_ONCE, most - rows) * every_h, every_h)
        writer.writerows(
            [f"{at:.7g}", *(f"{value:.7g}" for value in row)] for at, row in zip(times, values, strict=True)
        )
        rows += len(times)
    return rows


def _pair(text: str, option: str, sign: str) -> tuple[str, float]:
    name, _, value = text.partition(sign)
    try:
        return name.strip(), float(value)
    except ValueError:
        raise Invalid.field(option, expected=say("NAME{sign}NUMBER", sign=sign), got=text) from None


def _columns(path: Path) -> dict[str, Sequence[float]]:
    """The numbers of a CSV by column; what is no number is NaN."""
    if not path.is_file():
        raise Missing("log.missing", say("There is no file {name}.", name=path.name), say("`dalgu plant log tep --to log.csv` makes one."))  # fmt: skip
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.reader(file)
        names = next(rows, [])
        columns: dict[str, list[float]] = {name: [] for name in names}
        for row in rows:
            for name, cell in zip(names, (*row, *[""] * (len(names) - len(row))), strict=False):
                columns[name].append(_number(cell))
    return dict(columns)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _tags() -> list[str]:
    from ...methods.tennessee.tags import MEASUREMENTS

    return [tag.name for tag in MEASUREMENTS]


def _picked() -> list[tuple[int, str, str]]:
    from ...methods.tennessee.tags import MEASUREMENTS

    return [(at, tag.name, tag.unit) for at, tag in enumerate(MEASUREMENTS) if tag.name in _SHOWN]


def _plain(ahead: Ahead) -> dict[str, object]:
    shown = {name: [float(value) for value in ahead.shown[:, at]] for at, name, _ in _picked()}
    return {
        "hours": [float(at) for at in ahead.hours], "shown": shown, "cost": [float(each) for each in ahead.cost],
        "stops": None if ahead.stops is None else ahead.stops.template, "stops_after_h": ahead.stops_after_h,
    }  # fmt: skip
