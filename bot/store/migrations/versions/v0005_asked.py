"""What was asked: a row for every question, to be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("block", sa.String(10), nullable=False),
        sa.Column("prefecture", sa.String(10), nullable=False),
        sa.Column("facilities", sa.JSON, nullable=False),
        sa.Column("stages", sa.JSON, nullable=False),
        sa.Column("intent", sa.String(10), nullable=False),
        sa.Column("helpful", sa.Boolean),
    )
