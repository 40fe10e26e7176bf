"""The dispatch desk: requests, their append-only log, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# what the desk wrote stays; the log of a request may go only after erasures says who let it go
REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
REFUSE_UNLESS_ERASED = """
CREATE FUNCTION refuse_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM erasures WHERE request_id = OLD.request_id) THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    _requests()
    _their_log()
    if op.get_bind().dialect.name == "sqlite":
        _triggers_of_sqlite()
    else:
        _triggers_of_postgresql()


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("municipality_code", sa.String(6), nullable=False, index=True),
        sa.Column("municipality", sa.Text, nullable=False),
        sa.Column("prefecture", sa.String(10), nullable=False),
        sa.Column("block", sa.String(10), nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("facilities", sa.JSON, nullable=False),
        sa.Column("technology", sa.Text),
        sa.Column("stage", sa.String(20)),
        sa.Column("form", sa.String(20)),
        sa.Column("period", sa.Text),
        sa.Column("contact_name", sa.Text),
        sa.Column("contact_mail", sa.Text),
        sa.Column("contact_phone", sa.Text),
        sa.Column("consented_at", MOMENT),
        sa.Column("candidates", sa.JSON, nullable=False),
        sa.Column("advisor", sa.String(64), index=True),
        sa.Column("due", sa.Date),
        sa.Column("tried_on", sa.Date),
        sa.Column("adopted_on", sa.Date),
        sqlite_autoincrement=True,
    )


def _their_log() -> None:
    op.create_table(
        "request_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.Integer, sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.UniqueConstraint("request_id", "version"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "erasures",
        sa.Column("request_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _triggers_of_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
    erased = "EXISTS (SELECT 1 FROM erasures WHERE request_id = OLD.request_id)"
    # INSERT OR REPLACE takes a row away without asking the triggers that guard deletion
    twin = (
        "EXISTS (SELECT 1 FROM request_events WHERE id = NEW.id"
        " OR (request_id = NEW.request_id AND version = NEW.version))"
    )
    again = "EXISTS (SELECT 1 FROM erasures WHERE request_id = NEW.request_id)"
    for name, when in (
        ("events_stay_as_written BEFORE UPDATE ON request_events", ""),
        ("events_stay BEFORE DELETE ON request_events", f"WHEN NOT {erased}"),
        ("events_are_not_replaced BEFORE INSERT ON request_events", f"WHEN {twin}"),
        ("erasures_stay_as_written BEFORE UPDATE ON erasures", ""),
        ("erasures_stay BEFORE DELETE ON erasures", ""),
        ("erasures_are_not_replaced BEFORE INSERT ON erasures", f"WHEN {again}"),
    ):
        op.execute(f"CREATE TRIGGER {name} {when} {refuse}")


def _triggers_of_postgresql() -> None:
    op.execute(REFUSE)
    op.execute(REFUSE_UNLESS_ERASED)
    for what in (
        "events_stay_as_written BEFORE UPDATE ON request_events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "events_stay BEFORE DELETE ON request_events FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased()",
        "events_are_kept BEFORE TRUNCATE ON request_events EXECUTE FUNCTION refuse_change()",
        "erasures_stay BEFORE UPDATE OR DELETE ON erasures FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "erasures_are_kept BEFORE TRUNCATE ON erasures EXECUTE FUNCTION refuse_change()",
    ):
        op.execute(f"CREATE TRIGGER {what}")
