"""The console: who may come in, who is in, and the append-only log of what was changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _people()
    _their_log()
    if op.get_bind().dialect.name == "sqlite":
        _triggers_of_sqlite()
    else:
        _triggers_of_postgresql()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sqlite_autoincrement=True,
    )
    owner = sa.ForeignKey("users.id", ondelete="CASCADE")
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, owner, nullable=False, index=True),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False, index=True),
        sa.Column("kept", sa.JSON, nullable=False),
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("name", sa.String(64), nullable=False, index=True),
        sa.Column("address", sa.String(64), nullable=False, index=True),
    )


def _their_log() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.String(40), nullable=False, index=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )


def _triggers_of_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
    # INSERT OR REPLACE takes a row away without asking the triggers that guard deletion
    twin = "WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
    for when in (
        "audit_stays_as_written BEFORE UPDATE ON audit",
        "audit_stays BEFORE DELETE ON audit",
        f"audit_is_not_replaced BEFORE INSERT ON audit {twin}",
    ):
        op.execute(f"CREATE TRIGGER {when} {refuse}")


def _triggers_of_postgresql() -> None:
    # refuse_change is of the first revision
    for what in (
        "audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "audit_is_kept BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change()",
    ):
        op.execute(f"CREATE TRIGGER {what}")
