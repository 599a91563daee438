"""People come in by web and HTTP: sessions that idle out, tokens, second factors; uploads, drafts, notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("people", sa.Column("ended_at", sa.Text(), nullable=True))
    op.drop_table("sessions")  # whoever was signed in signs in again
    op.create_table(
        "sessions", _key("id"), _text("person"), _bytes("half"), _text("expires_at"), _text("door"),
        _text("begun_at"), _text("seen_at"),
    )  # fmt: skip
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_table(
        "tokens", _key("id"), _text("person"), _text("name"), _text("scopes"), _bytes("half"), _bytes("sealed"),
        _text("made_at"), _text("expires_at"), _text("used_at", null=True), _text("ended_at", null=True),
    )  # fmt: skip
    op.create_index("tokens_person", "tokens", ["person", "id"])
    op.create_table(
        "factors", _key("person"), _bytes("sealed"), _text("confirmed_at", null=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False), _text("recovery"),
    )  # fmt: skip
    op.create_table(
        "failures", _key("login_hash"), _number("count"), _text("last_at"), _text("locked_until", null=True)
    )
    op.create_table("subjects", _key("issuer"), _key("subject"), _text("person"), _text("linked_at"))
    op.create_index("subjects_person", "subjects", ["person"])
    op.create_table(
        "preferences", _key("person"), _text("language"), _text("theme"), _text("email"), _number("by_email"),
        _number("by_webhook"),
    )  # fmt: skip
    op.create_table(
        "uploads", _key("id"), _text("person"), _text("name"), sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        _text("digest", null=True), _text("created_at"), _text("seen_at"),
    )  # fmt: skip
    op.create_index("uploads_person", "uploads", ["person", "id"])
    op.create_table(
        "answers", _key("person"), _key("key"), _text("request_digest"), _text("at"),
        sa.Column("status", sa.Integer()), sa.Column("body", sa.LargeBinary()),
    )  # fmt: skip
    op.create_index("answers_at", "answers", ["at"])
    op.create_table("drafts", _key("person"), _key("form"), _bytes("content"), _text("saved_at"))
    op.create_table(
        "notices", _key("id"), _text("person"), _text("at"), _text("message"), _text("link"),
        _text("read_at", null=True),
    )  # fmt: skip
    op.create_index("notices_person", "notices", ["person", "id"])
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.Text(), sa.ForeignKey("notices.id"), primary_key=True), _key("channel"),
        _text("state"), _number("attempts"), _text("next_at"), _text("fault", null=True),
    )  # fmt: skip
    op.create_index("deliveries_due", "deliveries", ["state", "next_at"])
    op.create_index("datasets_created", "datasets", ["created_at", "id"])
    op.create_index("datasets_owner", "datasets", ["owner", "created_at", "id"])
    op.drop_index("permits_holder", "permits")
    op.create_index("permits_holder", "permits", ["holder", "id"])
    op.create_index("permits_state", "permits", ["state", "id"])
    op.create_table("chores", _key("name"), _text("last_at"), _text("outcome"), _number("ok"))


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)
