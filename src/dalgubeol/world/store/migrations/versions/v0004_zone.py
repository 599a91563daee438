"""The data safe zone: what a Permit says besides, the people under it and their pledges, its exports, its end."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _permits()


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
