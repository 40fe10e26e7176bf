"""The people who may come into the console (利用者)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.console import audit
from bot.console.entry import passwords
from bot.console.entry.roles import Role
from bot.console.faults import FormFault
from bot.store.database import Store
from bot.store.schema import JST, sessions, users
from rag.errors import EditConflict, NotFound
from rag.fold import strip_invisible

LONGEST_NAME = 64  # an address of mail may be long
NO_PASSWORD = "none: by OIDC only"  # noqa: S105 -- no argon2 hash, so no password ever matches it


@dataclass(frozen=True)
class User:
    """One person; ``disabled_at`` is set for who may no longer come in."""

    id: int
    version: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool = True

    @property
    def told(self) -> dict[str, Any]:
        """What the audit log tells of it."""
        told = {"名前": self.name, "役割": self.role, "状態": "停止中" if self.disabled_at else "利用中"}
        return told if self.has_password else told | {"パスワード": "なし"}


class Users:
    """The accounts in ``store``; every change leaves its line in the audit log."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, name: str, role: Role, password: str | None, *, by: str) -> User:
        """Without a password they come in by OIDC only.

        Raises FormFault for a name that is taken or cannot be one, and for a weak password.
        """
        name = check_name(name)
        if password is not None:
            passwords.check_new(name, password)
        kept = NO_PASSWORD if password is None else passwords.hashed(password)
        values = {"version": 1, "name": name, "role": role, "password": kept, "created_at": datetime.now(JST)}
        with self.store.writing() as connection:
            if connection.scalar(select(users.c.id).where(users.c.name == name)) is not None:
                raise FormFault({"name": f"「{name}」という利用者はもういます。別の名前にしてください。"})
            user = _user(connection.execute(insert(users).values(**values).returning(users)).one())
            audit.write(connection, by, "利用者を追加", name, after=user.told)
        return user

    def all(self) -> tuple[User, ...]:
        """By their names."""
        with self.store.reading() as connection:
            return tuple(map(_user, connection.execute(select(users).order_by(users.c.name))))

    def named(self, name: str) -> User:
        """Raises NotFound."""
        user = self.known(name)
        if user is None:
            raise NotFound(f"「{name}」という利用者はいません。名前を確かめてください。")
        return user

    def known(self, name: str) -> User | None:
        """Who has that name, whether they may come in or not."""
        with self.store.reading() as connection:
            row = connection.execute(select(users).where(users.c.name == folded(name))).one_or_none()
        return None if row is None else _user(row)

    def checked(self, name: str, password: str) -> User | None:
        """Who that is, if the password is right and they may come in."""
        with self.store.reading() as connection:
            row = connection.execute(select(users).where(users.c.name == folded(name))).one_or_none()
        kept = row.password if row and row.password != NO_PASSWORD else None
        if not passwords.matches(kept, password) or row is None:
            return None
        user = _user(row)
        if passwords.outdated(row.password):
            self._set_password(user.id, password)
        return None if user.disabled_at else user

    def change(self, user_id: int, role: Role, *, enabled: bool, version: int, by: str) -> User:
        """Another role, or out; who is put out is out at once. Raises EditConflict, FormFault, NotFound."""
        with self.store.writing() as connection:
            seen = _fetch(connection, user_id)
            if seen.version != version:
                raise EditConflict(
                    f"{seen.name} さんは、ほかの人が先に変えています（いまは{seen.role}、{seen.told['状態']}）。"
                    "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。"
                )
            disabled_at = None if enabled else seen.disabled_at or datetime.now(JST)
            values = {"role": role, "disabled_at": disabled_at, "version": version + 1}
            row = connection.execute(
                update(users).where(users.c.id == user_id).values(**values).returning(users)
            ).one()
            _refuse_nobody_in_charge(connection)
            if disabled_at:
                connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            changed = _user(row)
            audit.write(connection, by, "利用者を変更", seen.name, seen.told, changed.told)
        return changed

    def set_password(self, user: User, password: str, *, by: str) -> None:
        """A new one; whoever is in with the old one is out. Raises FormFault."""
        passwords.check_new(user.name, password)
        self._set_password(user.id, password)
        with self.store.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
            audit.write(connection, by, "パスワードを変更", user.name)

    def by_id(self, user_id: int) -> User:
        """Raises NotFound."""
        with self.store.reading() as connection:
            return _fetch(connection, user_id)

    def _set_password(self, user_id: int, password: str) -> None:
        kept = passwords.hashed(password)
        with self.store.writing() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(password=kept))


def folded(name: str) -> str:
    """One name for every way to type it."""
    return unicodedata.normalize("NFKC", strip_invisible(name)).strip()


def check_name(name: str) -> str:
    """The name as it is kept. Raises FormFault."""
    name = folded(name)
    if not name or len(name) > LONGEST_NAME or any(letter.isspace() for letter in name):
        raise FormFault({"name": f"名前は、空白を入れずに1～{LONGEST_NAME}文字で書いてください。"})
    return name


def _refuse_nobody_in_charge(connection: Connection) -> None:
    """Raise FormFault, which undoes the change, where no 管理者 would be left."""
    wanted = (
        select(func.count()).select_from(users).where(users.c.role == "管理者", users.c.disabled_at.is_(None))
    )
    if not connection.scalar(wanted):
        raise FormFault({"role": "管理者がひとりもいなくなります。先に、ほかの人を管理者にしてください。"})


def _fetch(connection: Connection, user_id: int) -> User:
    row = connection.execute(select(users).where(users.c.id == user_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"{user_id}番の利用者はいません。利用者の一覧から選んでください。")
    return _user(row)


def _user(row: Row[Any]) -> User:
    values = {name: value for name, value in row._mapping.items() if name != "password"}
    return User(**values, has_password=row.password != NO_PASSWORD)
