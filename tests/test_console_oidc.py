"""Login through a provider of identities: a real one, whoever comes to it, and everything it may get wrong."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from consoles import NAMES, PASSWORD, House, Person, told
from oidc_servers import Crooked, RealProvider, crooked_provider, real_provider, secret_key
from sqlalchemy import text
from starlette.responses import Response as Plain

from bot.cli import main
from bot.console.audit import Wanted
from bot.console.choices import Choices
from bot.console.entry import oidc, throttle
from bot.console.entry.access import COOKIE
from bot.console.entry.oidc import Proof, Provider
from bot.console.entry.oidc_login import COOKIE as PENDING
from bot.console.entry.oidc_pending import MOST_TIME
from bot.console.offices import Offices
from rag.errors import UserFacingError
from rag.settings import Settings

pytest_plugins = ["console_fixtures", "browsing"]

BACK = "http://console.test/console/oidc/back"
PROVIDER = "サンプル県の認証基盤"
MAIL = "hanako@city.example.jp"
START = "/console/oidc"
STILL = "名前とパスワードでのログインは使えます。続くときは、管理者に知らせてください。"
LOST = (
    "このログインは続けられません（10分以上たったか、同じ画面がもう一度開かれました）。"
    "もう一度、はじめからログインしてください。"
)


@pytest.fixture(scope="module")
def real() -> Iterator[RealProvider]:
    with real_provider() as provider:
        provider.knows("hanako", email=MAIL, email_verified=True, preferred_username="花子")
        yield provider


@pytest.fixture
def crooked(real: RealProvider) -> Iterator[Crooked]:
    with crooked_provider(real) as provider:
        yield provider


@pytest.fixture
def open_house(furnished: Settings, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A console that trusts a provider, and an account for hanako, who has no password."""
    made: list[House] = []

    def opened(**choices: Any) -> House:
        home = shutil.copytree(furnished.home, tmp_path / f"home{len(made)}")
        house = House(furnished.model_copy(update={"home": home}))
        made.append(house)
        trust(house, **choices)
        house.offices.users.add(MAIL, "事務局", None, by="試験")
        return house

    yield opened
    for house in made:
        house.close()


def trust(house: House, address: str, client: tuple[str, str], **more: str) -> None:
    """As the server does at its start, with these settings."""
    given = {"oidc_issuer": address, "oidc_client_id": client[0], "oidc_client_secret": client[1]}
    choices = Choices(**given | {"oidc_name": PROVIDER} | more)  # type: ignore[arg-type]
    house.app.state.console = Offices.over(house.settings, house.offices.store, choices)


@pytest.fixture
def house(open_house: Callable[..., House], real: RealProvider) -> House:
    return open_house(address=real.address, client=real.register(BACK))


@pytest.fixture
def bent(open_house: Callable[..., House], crooked: Crooked, real: RealProvider) -> House:
    return open_house(address=crooked.address, client=real.register(BACK))


def leave(person: Person, page: str = "/console/login") -> Any:
    """Press the button; what the page that leads on says."""
    form = person.hidden(page, "/console/login")
    return person.client.post(START, data=form)


def way_on(answer: Any) -> str:
    """Where the page leads: by itself, and by a link."""
    assert answer.status_code == 200, told(answer)
    found = re.search(r'<meta http-equiv="refresh" content="0;url=([^"]*)">', answer.text)
    link = re.search(r'自動で移らないときは、<a href="([^"]*)">', answer.text)
    assert found
    assert link
    assert found[1] == link[1]
    return unescape(found[1])


def meet(address: str, sub: str = "hanako") -> str:
    """Say at the provider who one is; where it sends the browser then."""
    answer = httpx.post(address, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def log_in(house: House, sub: str = "hanako", page: str = "/console/login") -> tuple[Person, Any]:
    person = house.nobody()
    return person, person.get(meet(way_on(leave(person, page)), sub))


def lines(house: House) -> list[tuple[str, str, str]]:
    found, _ = house.offices.audit.entries(Wanted(action="ログイン"))
    return [(one.by, one.action, one.what) for one in found]


def test_who_has_an_account_comes_in_with_the_role_that_we_gave(house: House, real: RealProvider) -> None:
    real.knows("hanako", email=MAIL, email_verified=True, role="管理者", roles=["管理者"])
    person, page = log_in(house)
    assert str(page.url) == "http://console.test/console"
    assert f"{MAIL}（事務局）" in told(page)
    assert lines(house) == [(MAIL, "ログイン", f"{PROVIDER}（testclient）")]
    assert person.get("/console/requests").status_code == 200
    assert person.get("/console/users").status_code == 403
    assert PENDING not in person.client.cookies
    assert "事務局のログイン" in told(person.send("/console", "/console/logout"))
    assert person.get("/console").status_code == 401


def test_what_is_sent_to_the_provider_says_nothing_but_what_it_needs(
    house: House, real: RealProvider
) -> None:
    person = house.nobody()
    answer = leave(person)
    asked = {name: said[0] for name, said in parse_qs(urlsplit(way_on(answer)).query).items()}
    secret = person.client.cookies[PENDING]
    proof = Proof.of(secret)
    assert way_on(answer).startswith(f"{real.address}/oauth2/authorize?")
    assert asked.pop("code_challenge") not in (proof.verifier, "")
    assert asked.pop("client_id")
    assert asked == {
        "response_type": "code", "redirect_uri": BACK, "scope": "openid email", "state": proof.state,
        "nonce": proof.nonce, "code_challenge_method": "S256",
    }  # fmt: skip
    assert len({secret, proof.state, proof.nonce, proof.verifier}) == 4
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{PENDING}="))
    assert {"HttpOnly", "Path=/console", "SameSite=lax", "Max-Age=600"} <= set(cookie.split("; "))
    with house.offices.store.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM pending_logins")).all())
    assert not any(part in kept for part in (secret, proof.state, proof.nonce, proof.verifier))


def test_the_code_is_bound_to_the_browser_by_pkce(bent: House, crooked: Crooked) -> None:
    import base64
    import hashlib

    person = bent.nobody()
    address = way_on(leave(person))
    challenge = parse_qs(urlsplit(address).query)["code_challenge"]
    assert person.get(meet(address)).status_code == 200
    (asked,) = crooked.asked
    digest = hashlib.sha256(asked["code_verifier"][0].encode()).digest()
    assert challenge == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]


def test_a_mail_that_is_not_verified_is_nobodys(house: House, real: RealProvider) -> None:
    for said in ({}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}):
        real.knows("doubtful", email=MAIL, **said)
        person, page = log_in(house, "doubtful")
        assert page.status_code == 403, said
        assert (
            f"{PROVIDER}では、あなたのメールアドレス「{MAIL}」が確認済みになっていません。ログインしていません。"
            f"{PROVIDER}でメールアドレスを確認してから、もう一度ログインしてください。"
        ) in told(page)
        assert COOKIE not in person.client.cookies
    why = f"{PROVIDER}: メールアドレスが確認済みでない（testclient）"
    assert lines(house) == [(MAIL, "ログインを拒否", why)] * 4


def test_who_has_no_account_is_told_which_name_to_ask_for(house: House, real: RealProvider) -> None:
    real.knows("new", email="<jiro>@city.example.jp", email_verified=True)
    person, page = log_in(house, "new")
    assert page.status_code == 403
    assert (
        f"{PROVIDER}は、あなたを「<jiro>@city.example.jp」と伝えてきました。この名前の利用者は、事務局の画面にいません。"
        "使うときは、管理者に、この名前で利用者に加えるよう頼んでください。"
        f"別の人として入るときは、先に{PROVIDER}からログアウトしてください。"
    ) in told(page)
    assert "<jiro>" not in page.text
    assert COOKIE not in person.client.cookies
    why = f"{PROVIDER}: 利用者にない名前（testclient）"
    assert lines(house) == [("<jiro>@city.example.jp", "ログインを拒否", why)]


def test_who_was_put_out_stays_out(house: House) -> None:
    user = house.offices.users.named(MAIL)
    house.offices.users.change(user.id, "事務局", enabled=False, version=user.version, by="試験")
    person, page = log_in(house)
    assert page.status_code == 403
    assert f"「{MAIL}」の利用は止められています。使うときは、管理者に頼んでください。" in told(page)
    assert COOKIE not in person.client.cookies
    assert lines(house) == [(MAIL, "ログインを拒否", f"{PROVIDER}: 停止中（testclient）")]


def test_the_name_may_stand_in_another_claim_and_is_folded(
    open_house: Callable[..., House], real: RealProvider
) -> None:
    house = open_house(address=real.address, client=real.register(BACK), oidc_claim="preferred_username")
    house.offices.users.add("ABC花子", "評価者", None, by="試験")
    real.knows("full", preferred_username=" ＡＢＣ花子 ")
    _, page = log_in(house, "full")
    assert "ABC花子（評価者）" in told(page)
    real.knows("without", email=MAIL, email_verified=True)
    _, page = log_in(house, "without")
    assert page.status_code == 403
    assert (
        f"{PROVIDER}から「preferred_username」が届かなかったので、だれかを確かめられません。管理者に知らせてください。"
    ) in told(page)
    assert lines(house)[0] == (
        "（名前なし）", "ログインを拒否", f"{PROVIDER}: preferred_username が届かない（testclient）",
    )  # fmt: skip


def test_a_state_that_is_not_this_browsers_is_refused(house: House) -> None:
    person, other = house.nobody(), house.nobody()
    way = meet(way_on(leave(person)))
    state = parse_qs(urlsplit(way).query)["state"][0]
    wrong = [way.replace(state, state[:-1] + ("A" if state[-1] != "A" else "B")), way.replace(state, "")]
    wrong += [way.split("?")[0], way.replace(f"state={state}", "state=%FFあ")]
    for address in wrong:
        answer = person.get(address)
        assert answer.status_code == 403
        assert LOST in told(answer)
    assert LOST in told(other.get(way))  # somebody else's browser, which never asked
    leave(other)
    assert LOST in told(other.get(way))  # nor one that asked something else
    assert lines(house) == []
    assert person.get(way).status_code == 200  # the owner's is not spoiled by that


def test_a_code_is_good_once(house: House) -> None:
    person = house.nobody()
    way = meet(way_on(leave(person)))
    secret = person.client.cookies[PENDING]
    assert person.get(way).status_code == 200
    thief = house.nobody()
    thief.client.cookies.set(PENDING, secret, domain="console.test", path="/console")
    assert LOST in told(thief.get(way))  # the same once more, cookie and all
    state = parse_qs(urlsplit(way_on(leave(thief))).query)["state"][0]
    code = parse_qs(urlsplit(way).query)["code"][0]
    answer = thief.get(f"{BACK}?{urlencode({'code': code, 'state': state})}")  # the code in another login
    assert answer.status_code == 503
    assert f"{PROVIDER}で、ログインが取りやめられたか、断られました。{STILL}" in told(answer)
    assert COOKIE not in thief.client.cookies
    assert lines(house)[0] == (
        "（名前なし）",
        "ログインに失敗",
        f"{PROVIDER}: OAuthError invalid_grant（testclient）",
    )


def test_a_login_that_takes_too_long_is_over(house: House) -> None:
    person = house.nobody()
    way = meet(way_on(leave(person)))
    pending = house.offices.pending
    now = pending._now
    pending._now = lambda: now() + MOST_TIME
    assert LOST in told(person.get(way))
    leave(person)
    with house.offices.store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM pending_logins")).scalar() == 1


def test_who_says_no_at_the_provider_is_back_at_the_login_page(house: House) -> None:
    person = house.nobody()
    address = way_on(leave(person))
    state = Proof.of(person.client.cookies[PENDING]).state
    answer = person.get(f"{BACK}?{urlencode({'error': 'access_denied', 'state': state})}")
    assert f"{PROVIDER}で、ログインが取りやめられたか、断られました。{STILL}" in told(answer)
    assert lines(house) == [
        ("（名前なし）", "ログインに失敗", f"{PROVIDER}: error access_denied（testclient）")
    ]
    assert LOST in told(person.get(meet(address)))  # that login is over


DOUBTFUL = "から届いた内容を確かめられません（署名や宛先が合いません）。ログインしていません。"


def without(claim: str) -> Callable[[Any], Any]:
    return lambda claims: {name: value for name, value in claims.items() if name != claim}


BENT: dict[str, Callable[[Any], Any]] = {
    "another nonce": lambda claims: claims | {"nonce": "of another login"},
    "no nonce": without("nonce"),
    "another issuer": lambda claims: claims | {"iss": "https://elsewhere.example"},
    "another audience": lambda claims: claims | {"aud": ["another"], "azp": claims["aud"][0]},
    "no audience": without("aud"),
    "over": lambda claims: claims | {"exp": int(time.time()) - 600, "iat": int(time.time()) - 900},
    "without end": without("exp"),
    "of another access token": lambda claims: claims | {"at_hash": "x" * 22},
}


def test_an_id_token_that_is_not_for_this_login_is_refused(bent: House, crooked: Crooked) -> None:
    crooked.shows_its_key()
    crooked.bends_tokens(lambda claims: claims)
    assert log_in(bent)[1].status_code == 200  # its key is good: what is bent is what is refused
    for what, bend in BENT.items():
        crooked.bends_tokens(bend)
        person, page = log_in(bent)
        assert page.status_code == 503, what
        assert f"{PROVIDER}{DOUBTFUL}{STILL}" in told(page), what
        assert COOKIE not in person.client.cookies, what
    assert len(lines(bent)) == len(BENT) + 1


def test_a_name_that_no_database_takes_is_only_a_name(bent: House, crooked: Crooked) -> None:
    crooked.shows_its_key()
    crooked.bends_tokens(lambda claims: claims | {"email": "x\ud800\0\r\n2026-04-01 花子@example.jp"})
    assert log_in(bent)[1].status_code == 403
    crooked.bends_tokens(lambda claims: claims | {"email": ["a", 7]})
    assert log_in(bent)[1].status_code == 403
    crooked.bends["/oauth2/token"] = lambda _: {"error": "x\ud800\0\r\ny" * 50}
    assert log_in(bent)[1].status_code == 503
    assert [(by, what) for by, _, what in lines(bent)] == [
        ("（名前なし）", f"{PROVIDER}: OAuthError {('x? ' + 'yx? ' * 50)[:60]}（testclient）"),
        ("（名前なし）", f"{PROVIDER}: email が届かない（testclient）"),
        ("x? 2026-04-01 花子@example.jp", f"{PROVIDER}: 利用者にない名前（testclient）"),
    ]


def test_a_signature_by_another_key_is_refused(bent: House, crooked: Crooked) -> None:
    crooked.bends_tokens(lambda claims: claims)  # a key that nobody knows
    assert DOUBTFUL in told(log_in(bent)[1])
    known = crooked.key.as_dict(private=False)
    stranger = type(crooked.key).generate_key(2048, {"kid": "crooked"})
    crooked.bends["/jwks"] = lambda told: {"keys": [known]}
    crooked.bends_tokens(lambda claims: claims, key=stranger)  # and one that takes another's name
    assert DOUBTFUL in told(log_in(bent)[1])
    assert all(action == "ログインに失敗" for _, action, _ in lines(bent))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_token_that_anybody_could_write_is_refused(
    open_house: Callable[..., House], crooked: Crooked, real: RealProvider, algorithm: str
) -> None:
    client = real.register(BACK)
    house = open_house(address=crooked.address, client=client)
    crooked.says(id_token_signing_alg_values_supported=["RS256", "HS256", "none"])
    crooked.bends_tokens(lambda claims: claims, algorithm, secret_key(client[1]))
    assert DOUBTFUL in told(log_in(house)[1])


def test_keys_that_were_changed_are_asked_for_again(bent: House, crooked: Crooked) -> None:
    assert log_in(bent)[1].status_code == 200
    crooked.bends["/jwks"] = lambda told: {"keys": [crooked.key.as_dict(private=False)]}
    crooked.bends_tokens(lambda claims: claims)
    assert log_in(bent)[1].status_code == 200


def test_what_the_id_token_does_not_tell_the_page_about_the_user_does(bent: House, crooked: Crooked) -> None:
    crooked.shows_its_key()
    crooked.bends_tokens(lambda claims: {n: v for n, v in claims.items() if not n.startswith("email")})
    assert f"{MAIL}（事務局）" in told(log_in(bent)[1])
    crooked.bends["/userinfo"] = lambda told: told | {"sub": "another"}
    assert DOUBTFUL in told(log_in(bent)[1])
    crooked.bends["/userinfo"] = lambda told: Plain("<html>", media_type="text/html")
    assert f"{PROVIDER}から届いた内容を読み取れません。ログインしていません。{STILL}" in told(log_in(bent)[1])


def test_a_provider_that_says_odd_things_of_itself_is_not_trusted(bent: House, crooked: Crooked) -> None:
    person = bent.nobody()
    for said in (
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
    ):
        crooked.says(**said)
        answer = leave(person)
        assert answer.status_code == 503, said
        assert f"{PROVIDER}との接続の設定が合っていません。{STILL}" in told(answer), said
    for page in ("[]", "<html>", "null"):
        crooked.bends["/.well-known/openid-configuration"] = lambda _, page=page: Plain(page)
        answer = leave(person)
        assert answer.status_code == 503, page
        assert f"{PROVIDER}から届いた内容を読み取れません。ログインしていません。{STILL}" in told(answer), (
            page
        )
    crooked.bends["/.well-known/openid-configuration"] = lambda _: Plain("no such page", 404)
    assert f"{PROVIDER}との接続の設定が合っていません。{STILL}" in told(leave(person))
    crooked.bends.clear()
    assert log_in(bent)[1].status_code == 200  # as soon as it is mended


def test_a_wrong_client_secret_is_told_and_never_shown(
    open_house: Callable[..., House], real: RealProvider, caplog: pytest.LogCaptureFixture
) -> None:
    house = open_house(address=real.address, client=(real.register(BACK)[0], "not-the-secret-77"))
    person = house.nobody()
    with caplog.at_level("DEBUG"):
        way = meet(way_on(leave(person)))
        caplog.clear()  # so far Authlib's DEBUG may tell; it is off where we serve
        page = person.get(way)
    assert page.status_code == 503
    assert f"{PROVIDER}との接続の設定が合っていません。{STILL}" in told(page)
    (line,) = lines(house)
    assert line == ("（名前なし）", "ログインに失敗", f"{PROVIDER}: OAuthError invalid_client（testclient）")
    assert "OIDC: OAuthError invalid_client" in caplog.text
    assert "not-the-secret-77" not in caplog.text + page.text + repr(house.offices.provider)
    assert person.log_in(NAMES["閲覧"]).status_code == 200


def test_a_provider_that_takes_the_secret_in_the_form_only_gets_it_there(
    open_house: Callable[..., House], crooked: Crooked, real: RealProvider
) -> None:
    house = open_house(address=crooked.address, client=real.register(BACK, "client_secret_post"))
    crooked.says(token_endpoint_auth_methods_supported=["client_secret_post"])
    assert log_in(house)[1].status_code == 200


def test_a_provider_that_is_down_takes_nothing_with_it(
    open_house: Callable[..., House], real: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_BY_ADDRESS", 3)
    client = real.register(BACK)
    with crooked_provider(real) as crooked:
        house = open_house(address=crooked.address, client=client)
        person, late = house.nobody(), house.nobody()
        way = meet(way_on(leave(late)))
    answer = late.get(way)  # it went while somebody was there
    assert answer.status_code == 503
    assert f"{PROVIDER}から、正しい応答がありません。{STILL}" in told(answer)
    for _ in range(5):  # however often it is tried
        answer = leave(person)
        assert answer.status_code == 503
    assert f"{PROVIDER}から、正しい応答がありません。{STILL}" in told(answer)
    assert person.log_in(NAMES["閲覧"]).status_code == 200


def test_a_provider_that_is_slow_is_not_waited_for(
    bent: House, crooked: Crooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert oidc.SECONDS == 5.0
    monkeypatch.setattr(oidc, "SECONDS", 0.3)
    crooked.pause = 2.0
    person, began = bent.nobody(), time.monotonic()
    answer = leave(person)
    assert time.monotonic() - began < 1.5
    assert f"{PROVIDER}から、正しい応答がありません。{STILL}" in told(answer)


def test_tries_that_come_to_nothing_are_counted_by_address(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_BY_ADDRESS", 3)
    for _ in range(4):
        assert log_in(house)[1].status_code == 200  # who comes in is not counted
    person = house.nobody()
    answers = [leave(person) for _ in range(4)]
    assert [one.status_code for one in answers] == [200] * 3 + [429]
    assert "ログインの失敗が続いたので、しばらく受け付けません。" in told(answers[-1])
    assert lines(house)[0] == (
        "（名前なし）",
        "ログインを拒否",
        f"{PROVIDER}: 失敗が続いたため（testclient）",
    )


def test_the_page_that_was_asked_for_opens_then_and_never_another(house: House) -> None:
    _, page = log_in(house, page="/console/requests?view=list")
    assert str(page.url) == "http://console.test/console/requests?view=list"
    for onward in ("//elsewhere.example", "https://elsewhere.example", "/console\\x"):
        person = house.nobody()
        form = person.hidden("/console/login", "/console/login") | {"next": onward}
        way = meet(way_on(person.client.post(START, data=form)))
        answer = person.client.get(way, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/console"


def test_a_form_that_was_interrupted_comes_through_the_provider(house: House) -> None:
    person, _ = log_in(house)
    words = {
        "title": "空撮機",
        "reading": "くうさつき",
        "meaning": "空から<撮る>機械" * 500,  # more than a cookie holds
        "synonyms": "とぶやつ",
    }
    form = person.hidden("/console/terms", "/console/terms")
    with house.offices.store.writing() as connection:
        connection.execute(text("DELETE FROM sessions"))
    asked = person.client.post("/console/terms", data=form | words)
    assert asked.status_code == 401
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', asked.text)
    carried = {unescape(name): unescape(value) for name, value in hidden}
    way = meet(way_on(person.client.post(START, data=carried)))
    page = person.get(way)
    assert str(page.url) == "http://console.test/console/terms"
    assert "元の欄に戻しました。まだ保存していません。" in told(page)
    for value in ('value="空撮機"', 'value="くうさつき"', "空から&lt;撮る&gt;機械" * 500):
        assert value in page.text


def test_what_was_carried_is_not_lost_where_the_login_fails(house: House, real: RealProvider) -> None:
    real.knows("wrong-person", email="wrong@city.example.jp", email_verified=True)
    person = house.nobody()
    form = person.hidden("/console/login", "/console/login")
    kept = {"kept:title": "空撮機", "kept:action": "/console/terms", "kept:_page": "/console/terms"}
    page = person.get(meet(way_on(person.client.post(START, data=form | kept)), "wrong-person"))
    assert page.status_code == 403
    again = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    assert again.items() >= kept.items()


def test_a_login_that_did_not_begin_on_our_page_does_not_begin(house: House) -> None:
    person = house.nobody()
    person.get("/console/login")
    form = person.hidden("/console/login", "/console/login")
    for given, headers in (
        ({}, {}), ({"_csrf": "x"}, {}), (form, {"Origin": "https://elsewhere.example"}),
    ):  # fmt: skip
        answer = person.client.post(START, data=given, headers=headers)
        assert answer.status_code == 403
        assert "この画面は古くなっています。もう一度入力してください。" in told(answer)
        assert PENDING not in person.client.cookies


def test_behind_a_proxy_the_address_to_come_back_to_is_the_one_that_people_see(house: House) -> None:
    person = house.nobody()
    person.client.base_url = "https://desk.example.lg.jp"  # type: ignore[assignment]
    answer = leave(person)
    assert parse_qs(urlsplit(way_on_refused(house, person, answer)).query)["redirect_uri"] == [
        "https://desk.example.lg.jp/console/oidc/back"
    ]
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{PENDING}="))
    assert "Secure" in cookie


def way_on_refused(house: House, person: Person, answer: Any) -> str:
    """The provider knows no such address of ours: it says so itself, and sends nobody there."""
    address = way_on(answer)
    assert httpx.get(address).status_code == 400
    return address


def test_no_password_opens_an_account_without_one(house: House) -> None:
    from bot.console.entry.users import NO_PASSWORD

    for password in (NO_PASSWORD, "", "none", "no password of anybody"):
        assert house.offices.users.checked(MAIL, password) is None
    person, _ = log_in(house)
    page = person.get("/console/password")
    assert (
        "あなたには、パスワードがありません（認証基盤からログインしています）。"
        "パスワードでもログインしたいときは、管理者に付けてもらってください。"
    ) in told(page)
    user = house.offices.users.named(MAIL)
    house.offices.users.set_password(user, PASSWORD, by="試験")
    assert house.nobody().log_in(MAIL).status_code == 200
    assert house.offices.users.named(MAIL).has_password


def test_an_administrator_adds_people_without_a_password(house: House, real: RealProvider) -> None:
    boss, page = house.person("管理者"), "/console/users"
    assert f"{PROVIDER}でログインする人は、そこでの email と同じに書きます" in told(boss.get(page))
    answer = boss.send(page, page, name="jiro@city.example.jp", role="閲覧", oidc="1", password="x" * 12)
    assert answer.status_code == 422
    assert f"{PROVIDER}だけでログインする人には、パスワードを付けません。空にしてください。" in told(answer)
    answer = boss.send(page, page, name="jiro@city.example.jp", role="閲覧", password="")
    assert "パスワードは12文字以上にしてください。" in told(answer)
    answer = boss.send(page, page, name="jiro@city.example.jp", role="閲覧", oidc="1", password="")
    assert "利用者「jiro@city.example.jp」（閲覧）を加えました。" in told(answer)
    assert "jiro@city.example.jp パスワードなし" in told(answer)
    entries, _ = house.offices.audit.entries(Wanted(action="利用者を追加"))
    assert entries[0].after == {
        "名前": "jiro@city.example.jp", "役割": "閲覧", "状態": "利用中", "パスワード": "なし",
    }  # fmt: skip
    real.knows("jiro", email="jiro@city.example.jp", email_verified=True)
    assert "jiro@city.example.jp（閲覧）" in told(log_in(house, "jiro")[1])


def test_without_a_provider_there_is_no_button_and_no_way(furnished: Settings, tmp_path: Path) -> None:
    home = shutil.copytree(furnished.home, tmp_path / "home")
    house = House(furnished.model_copy(update={"home": home}))
    person = house.nobody()
    assert "/console/oidc" not in person.get("/console/login").text
    assert "パスワードを付けず" not in house.person("管理者").get("/console/users").text
    for answer in (leave(person), person.get(f"{BACK}?code=x&state=y")):
        assert answer.status_code == 404
        assert ("この画面では、名前とパスワードでログインします。/console/login を開いてください。") in told(
            answer
        )
    house.close()


def test_an_account_without_a_password_is_made_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDSON_HOME", str(tmp_path))
    assert main(["user", "add", MAIL, "--role", "管理者", "--oidc"]) == 0
    assert main(["user", "add", MAIL, "--oidc", "--password-stdin"]) == 2
    assert main(["user", "list"]) == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first == (
        f"利用者「{MAIL}」（管理者）を加えました。handson serve を動かし、/console を開いて"
        "認証基盤（HANDSON_CONSOLE_OIDC_ISSUER）からログインします。"
    )
    assert second.startswith(f"{MAIL}  管理者  利用中  ")
    assert second.endswith("  パスワードなし")
    assert err == "--oidc と --password-stdin は、どちらか一方だけ書いてください。\n"


ALL = "HANDSON_CONSOLE_OIDC_ISSUER、HANDSON_CONSOLE_OIDC_CLIENT_ID、HANDSON_CONSOLE_OIDC_CLIENT_SECRET"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"OIDC_ISSUER": "https://id.example.jp", "OIDC_CLIENT_SECRET": "hidden-5"},
            f"設定 HANDSON_CONSOLE_OIDC_CLIENT_ID がありません。OIDC でのログインには {ALL} の3つが要ります。"
            "足りないものを書くか、3つとも外してください。",
        ),
        (
            {"OIDC_CLIENT_SECRET": "hidden-5"},
            "設定 HANDSON_CONSOLE_OIDC_ISSUER、HANDSON_CONSOLE_OIDC_CLIENT_ID がありません。"
            f"OIDC でのログインには {ALL} の3つが要ります。足りないものを書くか、3つとも外してください。",
        ),
        (
            {"OIDC_ISSUER": "http://id.example.jp", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "hidden-5"},
            "設定 HANDSON_CONSOLE_OIDC_ISSUER の値「http://id.example.jp」は使えません。認証基盤が示す発行者（issuer）を、"
            "https:// から書いてください（? や # の付かないもの）。",
        ),
        (
            {"IDLE_MINUTES": "soon"},
            "設定 HANDSON_CONSOLE_IDLE_MINUTES の値「soon」は使えません。"
            "README の「設定」を見て値を直すか、設定を外してください。",
        ),
    ],
)
def test_settings_that_do_not_fit_stop_the_server_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], message: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"HANDSON_CONSOLE_{name}", value)
    with pytest.raises(UserFacingError) as error:
        Choices.read()
    assert error.value.message == message
    assert "hidden-5" not in str(error.value)


def test_every_setting_of_the_console_is_in_the_readme_with_its_default() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    for name, field in Choices.model_fields.items():
        row = f"| `HANDSON_CONSOLE_{name.upper()}` | `{field.default}` | {field.description} |"
        assert row in readme, row


def test_a_name_in_a_slash_at_its_end_is_the_same_issuer(
    open_house: Callable[..., House], real: RealProvider
) -> None:
    house = open_house(address=f"{real.address}/", client=real.register(BACK))
    assert isinstance(house.offices.provider, Provider)
    assert log_in(house)[1].status_code == 200


def test_through_the_button_in_a_browser(
    open_house: Callable[..., House],
    real: RealProvider,
    window: Callable[..., Any],
    check: Callable[[Any], None],
    shoot: Callable[..., None],
) -> None:
    from servers import serving

    house = open_house(address=real.address, client=("", ""))
    with serving(house.app) as site:
        trust(house, real.address, real.register(f"{site}/console/oidc/back"))
        page = window(f"{site}/console/terms", width=1280)
        check(page)
        shoot(page, "console-login-oidc")
        page.get_by_role("button", name=f"{PROVIDER}でログイン").press("Enter")
        page.wait_for_url(f"{real.address}/**")
        page.locator('input[name="sub"]').fill("hanako")
        page.locator('input[name="sub"]').press("Enter")
        page.get_by_role("button", name="ログアウト").wait_for()
        assert page.url == f"{site}/console/terms"
        assert f"{MAIL}（事務局）" in page.locator(".who").inner_text()
