"""The OpenAI-compatible door, by the real SDK and a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import SecretStr
from servers import serving

from bot.app import create_app
from bot.markdown import plain, written
from bot.openai_models import MODEL
from bot.routes.openai import NO_MODEL, NO_QUESTION
from rag.settings import Settings
from rag.types import Answer, Citation

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"
KEY = "a-key-for-tests"


@pytest.fixture(scope="module")
def address(starter: Settings) -> Iterator[str]:
    with serving(create_app(starter.model_copy(update={"api_key": SecretStr(KEY)}))) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def asked(*said: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": "ignored"}, *({"role": "user", "content": text} for text in said)]  # type: ignore[misc]


def test_there_is_one_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]


def test_the_sdk_gets_an_answer_with_its_sources(client: openai.OpenAI, address: str) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=asked(QUESTION), temperature=0.2)
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "stop"
    assert message.content
    assert "5年に1回、近接目視で行うことが基本です。[1]" in message.content
    assert message.annotations
    first = message.annotations[0].url_citation
    line = message.content[first.start_index : first.end_index]
    assert line == f"- \\[1\\] [道路橋などの定期点検のきまり]({first.url})"
    assert first.url.startswith(f"{address}/documents/guide-inspection-bridge?chunk=")
    page = httpx.get(first.url)
    assert page.status_code == 200
    assert 'id="cited"' in page.text


def test_the_stream_says_the_same(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=asked(QUESTION)).choices[0].message
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=asked(QUESTION), stream=True, stream_options={"include_usage": True}
        )
    )
    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in said) == whole.content
    assert said[0].delta.role == "assistant"
    assert said[-1].finish_reason == "stop"
    assert whole.annotations
    assert said[-1].delta.model_extra
    assert said[-1].delta.model_extra["annotations"] == [one.model_dump() for one in whole.annotations]
    assert chunks[-1].usage
    assert len(said) > 4


def test_a_question_leans_on_those_before_it(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=asked(QUESTION, "それはだれが行いますか"))
    assert "橋" in str(answer.choices[0].message.content)


def test_parts_of_text_are_read(client: openai.OpenAI) -> None:
    parts: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]}
    ]
    answer = client.chat.completions.create(model=MODEL, messages=parts)
    assert "5年に1回" in str(answer.choices[0].message.content)


@pytest.mark.parametrize(
    ("model", "said", "kind", "message"),
    [
        ("gpt-x", [QUESTION], openai.NotFoundError, NO_MODEL.format(name="gpt-x", model=MODEL)),
        (MODEL, [], openai.BadRequestError, NO_QUESTION),
        (MODEL, [""], openai.BadRequestError, "質問が空です。知りたいことを文章で入力してください。"),
        (
            MODEL,
            ["橋" * 1001],
            openai.BadRequestError,
            "質問が長すぎます（1,001文字）。1,000文字以内にまとめてください。",
        ),
        (
            MODEL,
            ["橋" * 30_000],
            openai.APIStatusError,
            "送られた内容が大きすぎます（上限 64 KB）。短くして送り直してください。",
        ),
    ],
)
def test_errors_come_in_the_shape_of_openai(
    client: openai.OpenAI, model: str, said: list[str], kind: type[openai.APIStatusError], message: str
) -> None:
    with pytest.raises(kind) as raised:
        client.chat.completions.create(model=model, messages=asked(*said))
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["message"] == message
    assert raised.value.body["type"] == "invalid_request_error"


def test_wrong_types_are_told(address: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    for body in ({"model": MODEL}, {"model": MODEL, "messages": "x"}, {"model": MODEL, "messages": []}):
        response = httpx.post(f"{address}/v1/chat/completions", json=body, headers=headers)
        assert response.status_code == 422
        assert response.json()["error"]["message"].startswith("「messages」")


@pytest.mark.parametrize("key", ["x", "wrong", "鍵"])
def test_without_the_key_the_door_stays_shut(address: str, key: str) -> None:
    headers = [(b"authorization", f"Bearer {key}".encode())]
    response = httpx.get(f"{address}/v1/models", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_api_key"
    assert httpx.post(f"{address}/api/chat", json={"question": QUESTION}).status_code == 200


def test_what_a_document_says_makes_no_link_picture_or_html() -> None:
    from markdown_it import MarkdownIt

    hostile = (
        "<img src=x onerror=alert(1)> ![p](http://evil/p.png) [クリック](javascript:alert(1)) \\<b>\n"
        "[1]: http://evil/\n`code` <http://evil/>"
    )
    citation = Citation(
        1,
        "c1",
        "d1",
        "題](http://evil/) <b>`",
        None,
        ("節\n# 見出し",),
        "q",
        "/documents/a b(c)]?chunk=橋#cited",
    )
    said = written(Answer("answered", f"{hostile}[1]", (), (citation,), "r"), "https://example.jp")
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(said.text)
    for made in ("<img", "<b>", "<code", 'href="http://evil', 'href="javascript'):
        assert made not in html
    assert html.count("<a ") == 1
    assert 'href="https://example.jp/documents/a%20b%28c%29%5D?chunk=%E6%A9%8B#cited"' in html
    for shown in ("&lt;img src=x onerror=alert(1)&gt;", "![p](http://evil/p.png)", "\\&lt;b&gt;", "`code`"):
        assert shown in html
    assert plain("5年に1回です。[1]") == "5年に1回です。[1]"
