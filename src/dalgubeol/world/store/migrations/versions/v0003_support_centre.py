"""The pseudonymisation support centre: projects with their keys and people, destruction, restoring, accidents."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _projects()
    _ends()
    _accidents()
    _panels()


def _projects() -> None:
    op.create_table(
        "projects", _key("id"), _text("name"), _text("organisation"), _text("purpose"), _text("reason"),
        _text("basis"), _text("evidence"), _text("items"), _text("environment"), _text("recipients"),
        _text("processor", null=True), _text("valid_until"), _number("keep_mapping"), _text("state"),
        _text("opened_by"), _text("opened_at"), _text("closed_at", null=True),
    )  # fmt: skip
    op.create_index("projects_name", "projects", ["organisation", "name"], unique=True)
    op.create_table(
        "project_people", _of("project", "projects.id", key=True), _key("person"), _key("part"), _text("since"),
        _text("until", null=True),
    )  # fmt: skip
    op.create_index("project_people_person", "project_people", ["person"])
    op.create_table(
        "project_keys", _of("project", "projects.id", key=True), sa.Column("edition", sa.Integer(), primary_key=True),
        _text("fingerprint"), _text("vault"), _text("made_at"), _text("retired_at", null=True),
        _text("destroyed_at", null=True),
    )  # fmt: skip
    op.create_table(
        "project_runs", _of("run", "runs.id", key=True), _of("project", "projects.id"), _number("edition")
    )
    op.create_index("project_runs_project", "project_runs", ["project", "run"])


def _ends() -> None:
    op.create_table(
        "destructions", _key("id"), _text("what"), _text("subject"), _text("project", null=True),
        _text("accident", null=True), _text("method"), _text("reason"), _text("destroyed_by"), _text("destroyed_at"),
        _text("backups"), _text("confirmed_by", null=True), _text("confirmed_at", null=True),
    )  # fmt: skip
    op.create_index("destructions_subject", "destructions", ["what", "subject"])
    op.create_index("destructions_project", "destructions", ["project", "id"])
    op.create_table(
        "restorations", _key("id"), _text("dataset"), _text("project"), _text("reason"), _text("asked_by"),
        _text("asked_at"), _text("confirmed_by", null=True), _text("confirmed_at", null=True), _text("run", null=True),
    )  # fmt: skip


def _accidents() -> None:
    op.create_table(
        "accidents", _key("id"), _text("dataset"), _text("report_digest"), sa.Column("report", sa.LargeBinary()),
        _text("state"), _text("filed_by"), _text("filed_at"), _text("decided_by", null=True),
        _text("decided_at", null=True), _text("closed_by", null=True), _text("closed_at", null=True),
    )  # fmt: skip
    op.create_table(
        "accident_copies", _key("id"), _of("accident", "accidents.id"), _text("person"), _text("dataset"),
        _text("left_at"), _text("asked_at"), _text("answer", null=True), _text("answered_at", null=True),
        _text("confirmed_by", null=True),
    )  # fmt: skip
    op.create_index("accident_copies_accident", "accident_copies", ["accident"])
    op.create_table("stops", _of("dataset", "datasets.id", key=True), _key("accident"), _text("since"))


def _panels() -> None:
    op.create_table(
        "panels", _key("id"), _text("kind"), _of("project", "projects.id"), _of("dataset", "datasets.id"),
        _text("object_id"), _text("answers"), _text("opened_by"), _text("opened_at"), _text("state"), _text("minutes"),
        _text("closed_by", null=True), _text("closed_at", null=True),
    )  # fmt: skip
    op.create_index("panels_project", "panels", ["project", "id"])
    op.create_index("panels_dataset", "panels", ["dataset", "kind"])
    op.create_table(
        "panel_seats", _of("panel", "panels.id", key=True), _key("person"), _text("organisation"),
        _text("recused", null=True), _text("finding", null=True), _text("comment"), _text("checks"),
        _text("said_at", null=True), _text("signature", null=True), _text("seated_at"), _text("instead_of", null=True),
        _text("silence", null=True),
    )  # fmt: skip
    op.create_index("panel_seats_person", "panel_seats", ["person"])


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _of(name: str, other: str, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), sa.ForeignKey(other), primary_key=key, nullable=False)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)
