"""The data safe zone: terms, people, pledges and end of Permits; contexts, votes of files and seats of the airlock."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _permits()
    _airlock()
    _privacy()


def _permits() -> None:
    op.add_column("permits", sa.Column("application", sa.Text(), nullable=False, server_default="{}"))
    for used in ("exports_used", "files_used"):
        op.add_column("permits", sa.Column(used, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("permits", sa.Column("cleared_at", sa.Text(), nullable=True))
    op.create_table(
        "permit_people",
        sa.Column("permit", sa.Text(), sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
    )
    op.create_index("permit_people_person", "permit_people", ["person"])
    op.create_table(
        "permit_pledges",
        sa.Column("permit", sa.Text(), sa.ForeignKey("permits.id"), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
    )


def _airlock() -> None:
    for name, default in (("contexts", "{}"), ("moved_at", ""), ("direction", "out")):
        op.add_column("reviews", sa.Column(name, sa.Text(), nullable=False, server_default=default))
    op.add_column("reviews", sa.Column("permit", sa.Text(), nullable=True))
    op.add_column("votes", sa.Column("files", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("votes", sa.Column("set_aside_at", sa.Text(), nullable=True))
    op.create_table(
        "review_seats",
        sa.Column("run", sa.Text(), sa.ForeignKey("reviews.run"), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
    )
    op.create_index("review_seats_person", "review_seats", ["person"])
    op.create_table(
        "brought_files",
        sa.Column("run", sa.Text(), sa.ForeignKey("reviews.run"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("permit", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("brought_at", sa.Text(), nullable=False),
    )
    op.create_index("brought_files_permit", "brought_files", ["permit", "brought_at"])
    op.create_table(
        "released_tables",
        sa.Column("run", sa.Text(), sa.ForeignKey("reviews.run"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("released_at", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("form", sa.Text(), nullable=False, server_default="table"),
    )


def _privacy() -> None:
    op.create_table(
        "privacy_accounts",
        sa.Column("dataset", sa.Text(), sa.ForeignKey("datasets.id"), primary_key=True),
        sa.Column("organisation", sa.Text(), primary_key=True),
        sa.Column("epsilon", sa.BigInteger(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "privacy_spent",
        sa.Column("run", sa.Text(), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("dataset", sa.Text(), sa.ForeignKey("datasets.id"), primary_key=True),
        sa.Column("organisation", sa.Text(), primary_key=True),
        sa.Column("epsilon", sa.BigInteger(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.Text(), nullable=False),
        sa.Column("given_back_at", sa.Text(), nullable=True),
    )
