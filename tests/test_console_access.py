"""Who comes into the console, who does not, and that everything they change is written down for good."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from consoles import NAMES, PASSWORD, House, Person, told
from databases import KINDS, new_database
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.cli import main
from bot.console.audit import Audit, Wanted
from bot.console.entry import throttle
from bot.console.entry.access import COOKIE, DOORS
from bot.console.entry.roles import ROLES, Role, may
from bot.console.entry.sessions import LONGEST, Sessions
from bot.console.entry.users import Users
from bot.console.faults import FormFault
from bot.store.database import Store
from bot.store.schema import JST
from rag.errors import EditConflict, NotFound

pytest_plugins = ["console_fixtures"]

START = datetime(2026, 4, 1, 9, 0, tzinfo=JST)
OPEN_TO_ALL = {
    ("GET", "/console/login"), ("POST", "/console/login"), ("GET", "/console/static/{name}"),
    ("POST", "/console/oidc"), ("GET", "/console/oidc/back"),
}  # fmt: skip


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store(new_database(request.param, tmp_path)) as store:
        yield store


def routes(house: House) -> list[tuple[str, str, Role | None]]:
    """Every method and path of the console with the role of its door."""
    roles = {door: role for role, door in DOORS.items()}
    found = []
    for route in (context.original_route for context in iter_route_contexts(house.app.routes)):
        if getattr(route, "path", "").startswith("/console"):
            assert isinstance(route, APIRoute), route
            doors = [roles[one.call] for one in route.dependant.dependencies if one.call in roles]
            assert len(doors) == 1, f"{route.path} has {len(doors)} doors"
            found += [(method, route.path, doors[0]) for method in route.methods]
    return found


def address(path: str) -> str:
    return re.sub(r"\{(\w+)(:path)?\}", lambda m: "7" if m[1] in ("number", "page") else "nothing-here", path)


def knock(person: Person, method: str, path: str, token: str) -> int:
    if method == "GET":
        return person.client.get(address(path), follow_redirects=False).status_code
    return person.client.post(address(path), data={"_csrf": token}, follow_redirects=False).status_code


def token_of(person: Person) -> str:
    return str(person.hidden("/console", "/console/logout")["_csrf"])


def test_nobody_gets_anything_but_the_login_page(house: House) -> None:
    someone = house.nobody()
    walked = routes(house)
    assert len(walked) > 30
    assert {(method, path) for method, path, role in walked if role is None} == OPEN_TO_ALL
    for method, path, role in walked:
        if role is not None:
            assert knock(someone, method, path, "") == 401, (method, path)
    assert house.log() == []


@pytest.mark.parametrize("mine", ROLES)
def test_every_route_lets_in_whom_it_says_and_nobody_else(house: House, mine: Role) -> None:
    started: list[Path] = []
    house.offices.builds._launch = lambda job, _: started.append(job)
    person = house.person(mine)
    token = token_of(person)
    for method, path, needed in routes(house):
        if needed is None or path == "/console/logout":
            continue
        status = knock(person, method, path, token)
        if may(mine, needed):
            assert status in (200, 303, 404, 409, 422), (method, path, status)
        else:
            assert status == 403, (method, path, status)
    assert bool(started) == may(mine, "事務局")


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(house: House) -> None:
    person = house.person("管理者")
    fields = {"name": "新しい人", "role": "閲覧", "password": PASSWORD}
    given = person.hidden("/console/users", "/console/users")
    before = house.offices.users.all()
    for wrong in ({}, {"_csrf": ""}, {"_csrf": "あ"}, {"_csrf": str(given["_csrf"])[:-1] + "~"}):
        answer = person.client.post("/console/users", data=fields | wrong)
        assert answer.status_code == 403
        assert "前にログインしたときのものです。何も変えていません。" in told(answer)
    for origin in ("https://elsewhere.example", "null", "http://console.test.example"):
        answer = person.client.post("/console/users", data=fields | given, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "ほかのサイトから送られたので、受け付けません。" in told(answer)
    assert house.offices.users.all() == before
    ours = {"Origin": "http://console.test"}
    assert person.client.post("/console/users", data=fields | given, headers=ours).status_code == 200
    assert len(house.offices.users.all()) == len(before) + 1


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(house: House) -> None:
    answer = house.nobody().send("/console/login", "/console/login", name=NAMES["閲覧"], password=PASSWORD)
    cookie = next(c for c in answer.history[0].headers.get_list("set-cookie") if c.startswith(COOKIE + "="))
    assert {"HttpOnly", "Path=/console", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    someone = house.nobody()
    someone.client.base_url = "https://console.test"  # type: ignore[assignment]
    answer = someone.send("/console/login", "/console/login", name=NAMES["閲覧"], password=PASSWORD)
    cookie = next(c for c in answer.history[0].headers.get_list("set-cookie") if c.startswith(COOKIE + "="))
    assert "Secure" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_wrong_passwords_are_told_alike_and_not_for_ever(house: House) -> None:
    someone = house.nobody()
    known = [someone.log_in(NAMES["管理者"], f"wrong-{number}") for number in range(throttle.MOST_BY_NAME)]
    unknown = house.nobody().log_in("だれでもない人", "wrong")
    assert [answer.status_code for answer in (*known, unknown)] == [401] * (throttle.MOST_BY_NAME + 1)
    assert all("名前かパスワードが違います。" in told(answer) for answer in (*known, unknown))
    answer = someone.log_in(NAMES["管理者"])  # the right one now
    assert answer.status_code == 429
    assert (
        "ログインの失敗が続いたので、しばらく受け付けません。15分ほど待って、もう一度お試しください。"
    ) in told(answer)
    assert house.nobody().log_in(NAMES["事務局"]).status_code == 200  # others are not kept out
    tries, _ = house.offices.audit.entries(Wanted(action="ログイン"))
    assert [one.action for one in tries] == ["ログイン", "ログインを拒否"] + ["ログインに失敗"] * 6


def test_tries_are_counted_by_name_and_by_address_and_forgotten_in_time(store: Store) -> None:
    clock = Clock()
    tries = throttle.Throttle(store, clock)
    assert [tries.admit("花子", "10.0.0.1") for _ in range(throttle.MOST_BY_NAME + 1)] == [
        *[True] * throttle.MOST_BY_NAME, False,
    ]  # fmt: skip
    left = throttle.MOST_BY_ADDRESS - throttle.MOST_BY_NAME
    assert all(tries.admit(f"人{number}", "10.0.0.1") for number in range(left))
    assert not tries.admit("まだの人", "10.0.0.1")
    assert tries.admit("まだの人", "10.0.0.2")
    clock.now += throttle.WINDOW
    assert tries.admit("花子", "10.0.0.1")
    tries.forget("花子")
    assert [tries.admit("花子", "10.0.0.1") for _ in range(throttle.MOST_BY_NAME)] == [
        True
    ] * throttle.MOST_BY_NAME


def test_who_logs_out_or_is_put_out_is_out(house: House) -> None:
    person, boss = house.person("事務局"), house.person("管理者")
    secret = person.client.cookies[COOKIE]
    user = house.offices.users.named(NAMES["事務局"])
    page = "/console/users"
    answer = boss.send(page, f"{page}/{user.id}", role="事務局", state="停止")
    assert "利用者「事務の人」を事務局・停止中にしました。" in told(answer)
    assert person.get("/console").status_code == 401
    assert person.log_in(NAMES["事務局"]).status_code == 401
    assert house.offices.sessions.find(secret) is None
    secret = boss.client.cookies[COOKIE]
    assert "事務局のログイン" in told(boss.send("/console", "/console/logout"))
    assert house.offices.sessions.find(secret) is None


def test_a_session_that_ends_in_the_middle_of_a_form_keeps_the_text(house: House) -> None:
    person = house.person("事務局")
    words = {
        "title": "空撮機",
        "reading": "くうさつき",
        "meaning": "空から<撮る>機械",
        "synonyms": "とぶやつ\nドロン",
    }
    form = person.hidden("/console/terms", "/console/terms")
    with house.offices.store.writing() as connection:
        connection.execute(text("UPDATE sessions SET expires_at = '2026-01-01 00:00:00'"))
    answer = person.client.post("/console/terms", data=form | words)
    assert answer.status_code == 401
    assert (
        "しばらく操作がなかったので、ログインが切れました。入力した内容は残してあります。"
        "もう一度ログインすると、続きから行えます。"
    ) in told(answer)
    carried = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text))
    login = carried | {"name": NAMES["事務局"], "password": PASSWORD}
    login = {name: value.replace("&lt;", "<").replace("&gt;", ">") for name, value in login.items()}
    page = person.client.post("/console/login", data=login)
    assert str(page.url) == "http://console.test/console/terms"
    assert "元の欄に戻しました。まだ保存していません。" in told(page)
    for value in ('value="空撮機"', 'value="くうさつき"', "空から&lt;撮る&gt;機械", "とぶやつ\nドロン"):
        assert value in page.text
    assert house.log() == []
    assert "空撮機" not in person.get("/console/terms").text  # once is enough


def test_a_password_is_never_kept_with_a_form(house: House) -> None:
    person = house.person("管理者")
    form = person.hidden("/console/users", "/console/users")
    words = "never-to-be-seen-9"
    wrong = person.client.post("/console/users", data=form | {"name": "", "role": "閲覧", "password": words})
    old = person.hidden("/console/password", "/console/password") | dict.fromkeys(
        ("old", "password", "again"), words
    )
    with house.offices.store.writing() as connection:
        connection.execute(text("UPDATE sessions SET csrf = 'another'"))
    late = person.client.post("/console/password", data=old)
    assert late.status_code == 403
    with house.offices.store.writing() as connection:
        assert words not in str(connection.execute(text("SELECT kept FROM sessions")).all())
        connection.execute(text("DELETE FROM sessions"))
    gone = [person.client.post(page, data=old) for page in ("/console/password", "/console/users")]
    assert [one.status_code for one in gone] == [401, 401]
    assert all(words not in one.text for one in (wrong, late, *gone))


def test_a_form_of_an_earlier_login_keeps_the_text_too(house: House) -> None:
    person = house.person("事務局")
    old = person.hidden("/console/terms", "/console/terms")
    person.log_in(NAMES["事務局"])
    answer = person.client.post(
        "/console/terms", data=old | {"title": "空撮機", "reading": "", "meaning": ""}
    )
    assert answer.status_code == 403
    assert 'value="空撮機"' in person.get("/console/terms").text


def test_a_session_ends_when_nothing_is_done_and_in_any_case_after_half_a_day(store: Store) -> None:
    clock = Clock()
    sessions = Sessions(store, timedelta(minutes=30), clock)
    user = Users(store).add("花子", "閲覧", PASSWORD, by="試験")
    secret = sessions.open(user)
    assert sessions.find(secret[:-1]) is None
    for _ in range(4):
        clock.now += timedelta(minutes=29)
        found = sessions.find(secret)
        assert found is not None
        assert found.user == user
    clock.now += timedelta(minutes=30)
    assert sessions.find(secret) is None
    secret = sessions.open(user)
    ends = clock.now + LONGEST
    while clock.now < ends:
        assert sessions.find(secret) is not None
        clock.now += timedelta(minutes=20)
    assert sessions.find(secret) is None
    with store.reading() as connection:
        assert secret not in str(connection.execute(text("SELECT * FROM sessions")).all())


def test_nobody_can_change_what_the_log_says(store: Store) -> None:
    Audit(store).write("花子", "公開", "r2", {"公開中": "r1", "同じ": 1}, {"公開中": "r2", "同じ": 1})
    (entry,), count = Audit(store).entries(Wanted(by="花子"))
    assert count == 1
    assert (entry.before, entry.after) == ({"公開中": "r1"}, {"公開中": "r2"})
    statements = ["UPDATE audit SET by = 'x'", "DELETE FROM audit"]
    if store.url.get_backend_name() == "sqlite":
        statements.append(
            "INSERT OR REPLACE INTO audit SELECT id, at, 'x', action, what, before, after FROM audit"
        )
    else:
        statements.append("TRUNCATE audit")
    for statement in statements:
        with pytest.raises((DBAPIError, Exception), match="append-only"), store.writing() as connection:
            connection.execute(text(statement))
    assert Audit(store).entries(Wanted())[0] == (entry,)


def test_accounts_are_changed_by_one_at_a_time_and_somebody_stays_in_charge(store: Store) -> None:
    people = Users(store)
    boss = people.add(" 花子 ", "管理者", PASSWORD, by="試験")
    assert boss.name == "花子"
    with pytest.raises(FormFault) as fault:
        people.add("花子", "閲覧", PASSWORD, by="試験")
    assert fault.value.fields == {"name": "「花子」という利用者はもういます。別の名前にしてください。"}
    for change in ({"role": "閲覧", "enabled": True}, {"role": "管理者", "enabled": False}):
        with pytest.raises(FormFault) as fault:
            people.change(boss.id, version=1, by="試験", **change)
        assert fault.value.message == (
            "管理者がひとりもいなくなります。先に、ほかの人を管理者にしてください。"
        )
    assert people.all() == (boss,)
    other = people.add("太郎", "閲覧", PASSWORD, by="試験")
    people.change(other.id, "評価者", enabled=True, version=1, by="花子")
    with pytest.raises(EditConflict) as conflict:
        people.change(other.id, "事務局", enabled=True, version=1, by="花子")
    assert conflict.value.message == (
        "太郎 さんは、ほかの人が先に変えています（いまは評価者、利用中）。"
        "何も書き換えていません。いまの内容を確かめてから、もう一度行ってください。"
    )
    entries, _ = Audit(store).entries(Wanted(action="利用者を変更"))
    assert [(e.by, e.what, e.before, e.after) for e in entries] == [
        ("花子", "太郎", {"役割": "閲覧"}, {"役割": "評価者"})
    ]
    with pytest.raises(NotFound):
        people.named("次郎")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "パスワードは12文字以上にしてください。"),
        ("x" * 201, "パスワードは200文字以内にしてください。"),
        ("aaaaaaaaaaaa", "名前を含むものや、同じ文字の繰り返しは使えません。別のパスワードにしてください。"),
        (
            "hanako-2026-04",
            "名前を含むものや、同じ文字の繰り返しは使えません。別のパスワードにしてください。",
        ),
    ],
)
def test_a_password_that_is_guessed_easily_is_refused(store: Store, password: str, fault: str) -> None:
    with pytest.raises(FormFault) as error:
        Users(store).add("Hanako", "閲覧", password, by="試験")
    assert error.value.fields == {"password": fault}
    assert Users(store).all() == ()


def test_a_password_is_kept_as_argon2_and_changed_by_its_owner(house: House) -> None:
    with house.offices.store.reading() as connection:
        kept = connection.execute(text("SELECT password FROM users")).scalars().all()
    assert all(one.startswith("$argon2id$") for one in kept)
    person = house.person("閲覧")
    page = "/console/password"
    new = "another-horse-8"
    wrong = person.send(page, page, old="x", password=new, again=new)
    assert "いまのパスワードが違います。" in told(wrong)
    wrong = person.send(page, page, old=PASSWORD, password=new, again=new + "!")
    assert "2つの欄が同じではありません。" in told(wrong)
    assert new not in wrong.text
    answer = person.send(page, page, old=PASSWORD, password=new, again=new)
    assert "新しいパスワードで、もう一度ログインしてください。" in told(answer)
    assert person.get("/console").status_code == 401
    assert person.log_in(NAMES["閲覧"], new).status_code == 200


def test_the_first_account_is_made_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path))
    assert main(["user", "list"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["user", "add", "花子", "--role", "管理者", "--password-stdin"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["user", "add", "太郎", "--password-stdin"]) == 0
    assert main(["user", "disable", "太郎"]) == 0
    assert main(["user", "disable", "花子"]) == 2
    assert main(["user", "list"]) == 0
    out, err = capsys.readouterr()
    today = f"{datetime.now(JST):%Y-%m-%d}"
    added = "を加えました。handson serve を動かし、/console を開いてログインします。"
    assert out.splitlines() == [
        "利用者はまだいません。handson user add 名前 --role 管理者 で加えてください。",
        f"利用者「花子」（管理者）{added}",
        f"利用者「太郎」（事務局）{added}",
        "利用者「太郎」を止めました。戻すときは、管理者が画面の「利用者」で利用中にします。",
        f"太郎  事務局  停止中  {today}",
        f"花子  管理者  利用中  {today}",
    ]
    assert err == "管理者がひとりもいなくなります。先に、ほかの人を管理者にしてください。\n"


def test_a_password_is_asked_for_where_there_is_a_terminal_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "user", "add", "花子", "--password-stdin"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=Path(__file__).parents[1],
        env={"HANDSON_HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "標準入力にパスワードがありません。1行目に書いて渡してください。\n"


def test_what_is_not_there_and_what_cannot_be_read_are_pages_too(house: House) -> None:
    person = house.person("閲覧")
    for path in ("/console/nothing", "/console/documents/lib-000000000000", "/console/unanswered/x"):
        answer = person.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
    assert "このアドレスには何もありません。上のメニューから選んでください。" in told(
        person.get("/console/nothing")
    )


@pytest.mark.parametrize(
    "onward", ["//elsewhere.example", "https://elsewhere.example", "/console/../api", "/", "/console\\x"]
)
def test_after_the_login_nobody_is_led_elsewhere(house: House, onward: str) -> None:
    someone = house.nobody()
    form = someone.hidden("/console/login", "/console/login")
    fields = form | {"next": onward, "name": NAMES["閲覧"], "password": PASSWORD}
    answer = someone.client.post("/console/login", data=fields, follow_redirects=False)
    where = answer.headers["location"]
    assert where == "/console" or where == "/console/../api"
