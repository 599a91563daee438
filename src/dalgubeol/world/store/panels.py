"""Panels and their seats, in the database. The caller owns the transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from ...digest import canonical
from ...errors import Missing
from ...language import say
from ...nouns.panel import Finding, Panel, PanelKind, PanelState, Seat, Silence
from .schema import panel_seats, panels


def add(connection: Connection, panel: Panel) -> None:
    connection.execute(
        panels.insert(),
        {
            "id": panel.id, "kind": panel.kind.value, "project": panel.project, "dataset": panel.dataset,
            "object_id": panel.object_id, "answers": canonical(dict(panel.answers)).decode(),
            "opened_by": panel.opened_by, "opened_at": panel.opened_at, "state": panel.state.value,
            "minutes": panel.minutes,
        },
    )  # fmt: skip
    for seat in panel.seats:
        add_seat(connection, panel.id, seat)


def add_seat(connection: Connection, panel: str, seat: Seat) -> None:
    """Of somebody who has not spoken yet."""
    connection.execute(
        panel_seats.insert(),
        {
            "panel": panel, "person": seat.person, "organisation": seat.organisation, "comment": "", "checks": "{}",
            "seated_at": seat.seated_at, "instead_of": seat.instead_of,
        },
    )  # fmt: skip


def find(connection: Connection, panel: str) -> Panel:
    """Raises Missing."""
    row = connection.execute(select(panels).where(panels.c.id == panel)).mappings().first()
    if row is None:
        raise Missing(
            "panel.missing",
            say("There is no review '{panel}' here.", panel=panel),
            say("`dalgu review list` shows those that concern you."),
        )
    return _panels(connection, [row])[0]


def listed(
    connection: Connection, *, project: str | None = None, dataset: str | None = None
) -> tuple[Panel, ...]:
    """The newest first; of one project or Dataset only, where one is named."""
    query = select(panels).order_by(panels.c.opened_at.desc(), panels.c.id.desc())
    if project is not None:
        query = query.where(panels.c.project == project)
    if dataset is not None:
        query = query.where(panels.c.dataset == dataset)
    return _panels(connection, connection.execute(query).mappings().all())


def keep_seat(connection: Connection, panel: str, seat: Seat) -> None:
    """What a member has said since."""
    checks = canonical({item: list(check) for item, check in seat.checks.items()}).decode()
    connection.execute(
        panel_seats.update()
        .where(panel_seats.c.panel == panel, panel_seats.c.person == seat.person)
        .values(
            recused=seat.recused, finding=seat.finding.value if seat.finding else None, comment=seat.comment,
            checks=checks, said_at=seat.said_at, signature=seat.signature,
            silence=seat.silence.value if seat.silence else None,
        )
    )  # fmt: skip


def end(connection: Connection, panel: Panel) -> None:
    """Its state, minutes and who closed it when."""
    connection.execute(
        panels.update()
        .where(panels.c.id == panel.id)
        .values(
            state=panel.state.value, minutes=panel.minutes, closed_by=panel.closed_by, closed_at=panel.closed_at
        )
    )  # fmt: skip


def _panels(connection: Connection, rows: Sequence[RowMapping]) -> tuple[Panel, ...]:
    seats: dict[str, list[Seat]] = {row["id"]: [] for row in rows}
    query = select(panel_seats).where(panel_seats.c.panel.in_(list(seats))).order_by(panel_seats.c.person)
    for row in connection.execute(query).mappings() if seats else ():
        seats[row["panel"]].append(_seat(row))
    return tuple(_panel(row, tuple(seats[row["id"]])) for row in rows)


def _panel(row: Mapping[Any, Any], seats: tuple[Seat, ...]) -> Panel:
    return Panel(
        row["id"], PanelKind(row["kind"]), row["project"], row["dataset"], row["object_id"],
        json.loads(row["answers"]), row["opened_by"], row["opened_at"], PanelState(row["state"]), seats,
        row["minutes"], row["closed_by"], row["closed_at"],
    )  # fmt: skip


def _seat(row: Mapping[Any, Any]) -> Seat:
    checks = {
        item: (str(answer), str(remark)) for item, (answer, remark) in json.loads(row["checks"]).items()
    }
    return Seat(
        row["person"], row["organisation"], row["recused"], Finding(row["finding"]) if row["finding"] else None,
        row["comment"], checks, row["said_at"], row["signature"], row["seated_at"], row["instead_of"],
        Silence(row["silence"]) if row["silence"] else None,
    )  # fmt: skip
