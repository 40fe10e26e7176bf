"""The tables (表). What they look like now; how they came to be is told by bot/store/migrations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

HEAD = "0007"  # the newest revision; a database that has it needs no look at the others
JST = timezone(timedelta(hours=9), "JST")


class Moment(TypeDecorator[datetime]):
    """A point in time: UTC in the database, Japanese time in the program, never without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)  # SQLite keeps no zone
        return aware.astimezone(JST)


metadata = MetaData()

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("origin", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("municipality_code", String(6), nullable=False, index=True),
    Column("municipality", Text, nullable=False),
    Column("prefecture", String(10), nullable=False),
    Column("block", String(10), nullable=False),
    Column("need", Text, nullable=False),
    Column("facilities", JSON, nullable=False),
    Column("technology", Text),
    Column("stage", String(20)),
    Column("form", String(20)),
    Column("period", Text),
    Column("contact_name", Text),
    Column("contact_mail", Text),
    Column("contact_phone", Text),
    Column("consented_at", Moment),
    Column("candidates", JSON, nullable=False),
    Column("advisor", String(64), index=True),
    Column("due", Date),
    Column("tried_on", Date),
    Column("adopted_on", Date),
    sqlite_autoincrement=True,  # the number of an erased request is never given again
)

request_events = Table(  # append-only, by triggers
    "request_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("request_id", Integer, ForeignKey("requests.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(10), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("request_id", "version"),
    sqlite_autoincrement=True,
)

erasures = Table(  # append-only too: the events of a request can go only after this says who let them go
    "erasures",
    metadata,
    Column("request_id", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

unanswered = Table(
    "unanswered",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("release", Text, nullable=False),
    Column("nearest", JSON, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)

replies = Table(  # answers drafted for questions of the ledger
    "replies",
    metadata,
    Column(
        "number",
        Integer,
        ForeignKey("unanswered.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("row", JSON, nullable=False),  # field of the record -> what is written there
    Column("record", String(64), nullable=False),  # its id once it is approved; empty before
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),  # a secret of whoever opened it
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("municipality", Text, nullable=False),
)

answers = Table(  # what was asked, masked, and what was answered; goes when its time is over
    "answers",
    metadata,
    Column("number", Integer, primary_key=True),  # the order they were given in
    Column("id", String(64), nullable=False, unique=True),
    Column("conversation_id", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), index=True),
    Column("at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("release", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("citations", JSON, nullable=False),
    Column("nearest", JSON, nullable=False),
)

feedback = Table(  # stays when the answer has gone: it holds nothing of the question
    "feedback",
    metadata,
    Column("answer_id", String(64), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("helpful", Boolean, nullable=False),
    Column("reason", String(20)),
    Column("comment", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("release", Text, nullable=False),
)

asked = Table(  # every question that was answered, counted; its text, masked, goes when its time is over
    "asked",
    metadata,
    Column("id", String(64), primary_key=True),  # that of its answer
    Column("at", Moment, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("release", Text, nullable=False),
    Column("block", String(10), nullable=False),
    Column("prefecture", String(10), nullable=False),
    Column("facilities", JSON, nullable=False),
    Column("stages", JSON, nullable=False),
    Column("intent", String(10), nullable=False),
    Column("helpful", Boolean),
)

users = Table(  # who may come into the console
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("password", Text, nullable=False),  # its argon2 hash
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    sqlite_autoincrement=True,
)

sessions = Table(  # who is in it now
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # a hash of the secret in the cookie
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("kept", JSON, nullable=False),  # for the next page: a notice, a form that was interrupted
)

logins = Table(  # tries to come in that failed or are under way; goes when it no longer matters
    "logins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("name", String(64), nullable=False, index=True),
    Column("address", String(64), nullable=False, index=True),
)

pending_logins = Table(  # logins under way at a provider of identities (OIDC)
    "pending_logins",
    metadata,
    Column("id", String(64), primary_key=True),  # a hash of the secret in the cookie
    Column("expires_at", Moment, nullable=False, index=True),
    Column("onward", Text, nullable=False),
    Column("carried", JSON, nullable=False),  # the form that was interrupted
)

audit = Table(  # append-only, by triggers
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("action", String(40), nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    sqlite_autoincrement=True,
)
