"""The tables of a site. Alembic's migrations make them; a test holds the two together.

Instants are ISO 8601 UTC text, so that they sort and read alike everywhere; structured values are JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

STORE = MetaData()
_Serial = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, **options: object) -> Column[str]:
    return Column(name, Text, nullable=bool(options.pop("null", False)), **options)  # type: ignore[arg-type]


datasets = Table(
    "datasets", STORE,
    _text("id", primary_key=True), _text("name", unique=True), _text("form"), _text("sensitivity"),
    Column("trade_secret", Integer, nullable=False), _text("owner"), _text("organisation"), _text("columns"),
    Column("rows", BigInteger), Column("size_bytes", BigInteger, nullable=False), _text("object_id"),
    _text("state"), _text("created_at"), _text("made_by", null=True), _text("about"),
    _text("destroyed_at", null=True), Column("plain_digest", LargeBinary), _text("content_mark", null=True),
    Index("datasets_object", "object_id"), Index("datasets_made_by", "made_by"), Index("datasets_mark", "content_mark"),
    Index("datasets_created", "created_at", "id"), Index("datasets_owner", "owner", "created_at", "id"),
)  # fmt: skip
dataset_sources = Table(
    "dataset_sources", STORE,
    Column("dataset", ForeignKey("datasets.id"), primary_key=True),
    Column("source", ForeignKey("datasets.id"), primary_key=True),
    Index("dataset_sources_source", "source"),
)  # fmt: skip
permits = Table(
    "permits", STORE,
    _text("id", primary_key=True), _text("holder"), _text("organisation"), _text("kinds"), _text("grants"),
    _text("purpose"), _text("reason"), _text("evidence"), _text("conditions"), _text("valid_from"),
    _text("valid_until"), _text("state"), _text("requested_at"),
    Column("runs_used", Integer, nullable=False), _text("application", server_default="{}"),
    Column("exports_used", Integer, nullable=False, server_default="0"),
    Column("files_used", Integer, nullable=False, server_default="0"), _text("cleared_at", null=True),
    Index("permits_holder", "holder", "id"), Index("permits_state", "state", "id"),
)  # fmt: skip
permit_people = Table(  # who works under it besides its holder
    "permit_people", STORE,
    Column("permit", ForeignKey("permits.id"), primary_key=True), _text("person", primary_key=True),
    Index("permit_people_person", "person"),
)  # fmt: skip
permit_pledges = Table(  # what each of them has signed before her first use
    "permit_pledges", STORE,
    Column("permit", ForeignKey("permits.id"), primary_key=True), _text("person", primary_key=True),
    _text("edition"), _text("language"), _text("signed_at"), _text("signature"),
)  # fmt: skip
permit_datasets = Table(
    "permit_datasets", STORE,
    Column("permit", ForeignKey("permits.id"), primary_key=True),
    Column("dataset", ForeignKey("datasets.id"), primary_key=True),
    Index("permit_datasets_dataset", "dataset"),
)  # fmt: skip
permit_decisions = Table(
    "permit_decisions", STORE,
    Column("permit", ForeignKey("permits.id"), primary_key=True), _text("person", primary_key=True),
    _text("organisation"), _text("verdict"), _text("decided_at"), _text("comment"), _text("signature"),
)  # fmt: skip
runs = Table(
    "runs", STORE,
    _text("id", primary_key=True), _text("kind"), _text("inputs"), _text("permits"), _text("parameters"),
    _text("parameters_salt"), Column("seed", BigInteger, nullable=False), _text("submitted_by"),
    _text("state"), _text("submitted_at"), Column("attempt", Integer, nullable=False),
    _text("started_at", null=True), _text("ended_at", null=True), _text("outputs"), _text("fault", null=True),
    Column("progress", Float, nullable=False), _text("stage"), _text("lease_holder", null=True),
    _text("lease_until", null=True), Column("cancel_asked", Integer, nullable=False),
    Index("runs_state", "state", "id"), Index("runs_submitted_by", "submitted_by", "id"),
)  # fmt: skip
privacy_accounts = Table(  # what noisy answers have told an organisation, or everybody (''), of a Dataset
    "privacy_accounts", STORE,
    Column("dataset", ForeignKey("datasets.id"), primary_key=True), _text("organisation", primary_key=True),
    Column("epsilon", BigInteger, nullable=False), Column("delta", BigInteger, nullable=False),
)  # fmt: skip
privacy_spent = Table(  # by which Runs; what told nothing is given back
    "privacy_spent", STORE,
    Column("run", ForeignKey("runs.id"), primary_key=True), Column("dataset", ForeignKey("datasets.id"), primary_key=True),
    _text("organisation", primary_key=True),
    Column("epsilon", BigInteger, nullable=False), Column("delta", BigInteger, nullable=False),
    _text("spent_at"), _text("given_back_at", null=True),
)  # fmt: skip
reviews = Table(
    "reviews", STORE,
    Column("run", ForeignKey("runs.id"), primary_key=True), _text("dataset"), _text("state"), _text("opened_at"),
    _text("author"), _text("organisation"), _text("context"), _text("findings"), _text("manifest"),
    _text("release_run", null=True), _text("contexts", server_default="{}"), _text("moved_at", server_default=text("''")),
    _text("direction", server_default="out"), _text("permit", null=True),
)  # fmt: skip
review_seats = Table(  # who is asked to vote; handed on where somebody is away
    "review_seats", STORE,
    Column("run", ForeignKey("reviews.run"), primary_key=True), _text("person", primary_key=True),
    _text("asked_at"), _text("ended_at", null=True), Index("review_seats_person", "person"),
)  # fmt: skip
released_tables = Table(  # what the world has seen of a Dataset, kept when the released Dataset is destroyed
    "released_tables", STORE,
    Column("run", ForeignKey("reviews.run"), primary_key=True), Column("number", Integer, primary_key=True),
    _text("released_at"), Column("content", LargeBinary, nullable=False),
    Column("base", Integer, nullable=False, server_default="1"), _text("form", server_default="table"),
)  # fmt: skip
brought_files = Table(  # what came into the zone: names and digests, kept when the files are destroyed
    "brought_files", STORE,
    Column("run", ForeignKey("reviews.run"), primary_key=True), Column("number", Integer, primary_key=True),
    _text("permit"), _text("name"), _text("digest"), Column("size_bytes", BigInteger, nullable=False),
    _text("brought_at"), Index("brought_files_permit", "permit", "brought_at"),
)  # fmt: skip
votes = Table(
    "votes", STORE,
    Column("run", ForeignKey("reviews.run"), primary_key=True), _text("person", primary_key=True),
    Column("approve", Integer, nullable=False), _text("voted_at"), _text("comment"), _text("manifest"),
    _text("signature"), _text("files", server_default="[]"), _text("set_aside_at", null=True),
)  # fmt: skip
outbox = Table(
    "outbox", STORE,
    Column("id", _Serial, primary_key=True, autoincrement=True), _text("key", unique=True),
    Column("leaf", LargeBinary), Column("payload", LargeBinary), Column("salt", LargeBinary),
    _text("retain_until", null=True), Column("record", BigInteger),
    sqlite_autoincrement=True,
)  # fmt: skip
Index("outbox_waiting", outbox.c.id, sqlite_where=text("record IS NULL"))
record_subjects = Table(
    "record_subjects", STORE,
    _text("subject", primary_key=True), Column("record", BigInteger, primary_key=True),
)  # fmt: skip
uploads = Table(
    "uploads", STORE,
    _text("id", primary_key=True), _text("person"), _text("name"), Column("size_bytes", BigInteger, nullable=False),
    _text("digest", null=True), _text("created_at"), _text("seen_at"), Index("uploads_person", "person", "id"),
)  # fmt: skip
answers = Table(  # what was answered to a request that bore an idempotency key
    "answers", STORE,
    _text("person", primary_key=True), _text("key", primary_key=True), _text("request_digest"), _text("at"),
    Column("status", Integer), Column("body", LargeBinary), Index("answers_at", "at"),
)  # fmt: skip
drafts = Table(
    "drafts", STORE,
    _text("person", primary_key=True), _text("form", primary_key=True),
    Column("content", LargeBinary, nullable=False), _text("saved_at"),
)  # fmt: skip
notices = Table(
    "notices", STORE,
    _text("id", primary_key=True), _text("person"), _text("at"), _text("message"), _text("link"),
    _text("read_at", null=True), Index("notices_person", "person", "id"),
)  # fmt: skip
deliveries = Table(  # a notice on its way by e-mail or webhook
    "deliveries", STORE,
    Column("notice", ForeignKey("notices.id"), primary_key=True), _text("channel", primary_key=True),
    _text("state"), Column("attempts", Integer, nullable=False), _text("next_at"), _text("fault", null=True),
    Index("deliveries_due", "state", "next_at"),
)  # fmt: skip
chores = Table(  # what the site does by itself, and when it last did
    "chores", STORE,
    _text("name", primary_key=True), _text("last_at"), _text("outcome"), Column("ok", Integer, nullable=False),
)  # fmt: skip
projects = Table(  # what persons' data is pseudonymised for
    "projects", STORE,
    _text("id", primary_key=True), _text("name"), _text("organisation"), _text("purpose"), _text("reason"),
    _text("basis"), _text("evidence"), _text("items"), _text("environment"), _text("recipients"),
    _text("processor", null=True), _text("valid_until"), Column("keep_mapping", Integer, nullable=False),
    _text("state"), _text("opened_by"), _text("opened_at"), _text("closed_at", null=True),
    Index("projects_name", "organisation", "name", unique=True),
)  # fmt: skip
project_people = Table(  # who has which part in it; ended, never removed
    "project_people", STORE,
    Column("project", ForeignKey("projects.id"), primary_key=True), _text("person", primary_key=True),
    _text("part", primary_key=True), _text("since"), _text("until", null=True),
    Index("project_people_person", "person"),
)  # fmt: skip
project_keys = Table(  # editions of its key; the keys themselves are in the vault
    "project_keys", STORE,
    Column("project", ForeignKey("projects.id"), primary_key=True), Column("edition", Integer, primary_key=True),
    _text("fingerprint"), _text("vault"), _text("made_at"), _text("retired_at", null=True),
    _text("destroyed_at", null=True),
)  # fmt: skip
project_runs = Table(  # which Run pseudonymised under which project, with which edition of its key
    "project_runs", STORE,
    Column("run", ForeignKey("runs.id"), primary_key=True), Column("project", ForeignKey("projects.id"), nullable=False),
    Column("edition", Integer, nullable=False), Index("project_runs_project", "project", "run"),
)  # fmt: skip
destructions = Table(  # the register of destruction
    "destructions", STORE,
    _text("id", primary_key=True), _text("what"), _text("subject"), _text("project", null=True),
    _text("accident", null=True), _text("method"), _text("reason"), _text("destroyed_by"), _text("destroyed_at"),
    _text("backups"), _text("confirmed_by", null=True), _text("confirmed_at", null=True),
    Index("destructions_subject", "what", "subject"), Index("destructions_project", "project", "id"),
)  # fmt: skip
restorations = Table(  # asked for by one person, confirmed by another
    "restorations", STORE,
    _text("id", primary_key=True), _text("dataset"), _text("project"), _text("reason"), _text("asked_by"),
    _text("asked_at"), _text("confirmed_by", null=True), _text("confirmed_at", null=True), _text("run", null=True),
)  # fmt: skip
accidents = Table(  # somebody was identified by accident
    "accidents", STORE,
    _text("id", primary_key=True), _text("dataset"), _text("report_digest"), Column("report", LargeBinary),
    _text("state"), _text("filed_by"), _text("filed_at"), _text("decided_by", null=True),
    _text("decided_at", null=True), _text("closed_by", null=True), _text("closed_at", null=True),
)  # fmt: skip
accident_copies = Table(  # what had left, to whom, and whether it came back
    "accident_copies", STORE,
    _text("id", primary_key=True), Column("accident", ForeignKey("accidents.id"), nullable=False), _text("person"),
    _text("dataset"), _text("left_at"), _text("asked_at"), _text("answer", null=True), _text("answered_at", null=True),
    _text("confirmed_by", null=True), Index("accident_copies_accident", "accident"),
)  # fmt: skip
stops = Table(  # Datasets that nobody uses while an accident is looked into
    "stops", STORE,
    Column("dataset", ForeignKey("datasets.id"), primary_key=True), _text("accident", primary_key=True), _text("since"),
)  # fmt: skip
panels = Table(  # people who review a step of the procedure together
    "panels", STORE,
    _text("id", primary_key=True), _text("kind"), Column("project", ForeignKey("projects.id"), nullable=False),
    Column("dataset", ForeignKey("datasets.id"), nullable=False), _text("object_id"), _text("answers"),
    _text("opened_by"), _text("opened_at"), _text("state"), _text("minutes"), _text("closed_by", null=True),
    _text("closed_at", null=True), Index("panels_project", "project", "id"), Index("panels_dataset", "dataset", "kind"),
)  # fmt: skip
panel_seats = Table(
    "panel_seats", STORE,
    Column("panel", ForeignKey("panels.id"), primary_key=True), _text("person", primary_key=True),
    _text("organisation"), _text("recused", null=True), _text("finding", null=True), _text("comment"),
    _text("checks"), _text("said_at", null=True), _text("signature", null=True), _text("seated_at"),
    _text("instead_of", null=True), _text("silence", null=True), Index("panel_seats_person", "person"),
)  # fmt: skip
