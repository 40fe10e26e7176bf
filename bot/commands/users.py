"""handson user add | list | disable: who may come into the console. The first 管理者 is made here."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.console.entry.roles import ROLES
from bot.terminal import say
from rag.errors import UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from bot.console.entry.users import Users

BY = "コマンド"  # who did it, in the audit log


def register(commands: Commands) -> None:
    people = commands.group("user", "事務局の画面（/console）の利用者")
    adding = people.add("add", add, "利用者を加える（パスワードを聞く）")
    adding.add_argument("name", metavar="名前")
    adding.add_argument("--role", choices=ROLES, default="事務局", metavar="役割", help="、".join(ROLES))
    adding.add_argument(
        "--oidc", action="store_true", help="パスワードを付けず、OIDC の認証基盤だけでログインする"
    )
    adding.add_argument("--password-stdin", action="store_true", help="パスワードを標準入力の1行目から読む")
    people.add("list", list_users, "利用者の一覧")
    disabling = people.add("disable", disable, "利用者を止める（入れなくし、いまのログインも切る）")
    disabling.add_argument("name", metavar="名前")


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Make an account."""
    if options.oidc and options.password_stdin:
        raise UserFacingError("--oidc と --password-stdin は、どちらか一方だけ書いてください。")
    password = None if options.oidc else _read() if options.password_stdin else _asked()
    with _users(settings) as users:
        user = users.add(options.name, options.role, password, by=BY)
    how = (
        "ログインします" if user.has_password else "認証基盤（HANDSON_CONSOLE_OIDC_ISSUER）からログインします"
    )
    say(f"利用者「{user.name}」（{user.role}）を加えました。handson serve を動かし、/console を開いて{how}。")
    return 0


def list_users(_: argparse.Namespace, settings: Settings) -> int:
    """Everybody, by name."""
    with _users(settings) as users:
        found = users.all()
    for user in found:
        say(
            f"{user.name}  {user.role}  {user.told['状態']}  {user.created_at:%Y-%m-%d}{'' if user.has_password else '  パスワードなし'}"
        )
    if not found:
        say("利用者はまだいません。handson user add 名前 --role 管理者 で加えてください。")
    return 0


def disable(options: argparse.Namespace, settings: Settings) -> int:
    """Let somebody in no more."""
    with _users(settings) as users:
        user = users.named(options.name)
        users.change(user.id, user.role, enabled=False, version=user.version, by=BY)
    say(f"利用者「{user.name}」を止めました。戻すときは、管理者が画面の「利用者」で利用中にします。")
    return 0


def _asked() -> str:
    """Typed twice, unseen."""
    password = getpass.getpass("パスワード（12文字以上、表示されません）: ")
    if getpass.getpass("もう一度: ") != password:
        raise UserFacingError("2回のパスワードが同じではありません。もう一度実行してください。")
    return password


def _read() -> str:
    line = sys.stdin.readline()
    if not line:
        raise UserFacingError("標準入力にパスワードがありません。1行目に書いて渡してください。")
    return line.rstrip("\r\n")


@contextmanager
def _users(settings: Settings) -> Iterator[Users]:
    from bot.console.entry.users import Users
    from bot.store.database import open_store

    with open_store(settings) as store:
        yield Users(store)
