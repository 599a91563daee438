"""Equal contents know each other by a keyed mark, so that they share one account of the privacy budget."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("datasets", sa.Column("content_mark", sa.Text(), nullable=True))
    op.create_index("datasets_mark", "datasets", ["content_mark"])
