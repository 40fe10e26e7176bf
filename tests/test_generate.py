"""A language model drafts; the checks decide."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answer import Desk
from rag.errors import ModelError, PromptError
from rag.generate import LangChainGenerator, Prompt, open_generator
from rag.types import Answer

QUESTION = "道路橋の定期点検は何年に1回行う必要がありますか"


class SilentModel(GenericFakeChatModel):
    """A provider that does not answer."""

    def _generate(self, *_: Any, **__: Any) -> Any:
        raise TimeoutError


def _ask(desk: Desk, reply: str | None) -> Answer:
    kind = SilentModel if reply is None else GenericFakeChatModel
    model = kind(messages=iter([AIMessage(reply or "")]))
    return Desk(desk.release, desk._retriever.embedders, desk.settings, LangChainGenerator(model)).ask(
        QUESTION
    )


def test_a_supported_sentence_is_shown_with_a_verbatim_quotation(desk: Desk) -> None:
    answer = _ask(desk, "道路橋の定期点検は5年に1回、近接目視で行います。[1]\n")
    assert [s.text for s in answer.sentences] == ["道路橋の定期点検は5年に1回、近接目視で行います。"]
    assert "5年に1回、近接目視で行うことが基本です。" in answer.citations[0].quote


@pytest.mark.parametrize(
    "reply",
    [
        "道路橋の定期点検は7年に1回、近接目視で行います。[1]",  # another figure
        "道路橋の定期点検は5年に1回です。[9]",  # no such passage
        "道路橋の定期点検は5年に1回です。",  # no source
        "道路橋の定期点検は、近接目視で行わないことが基本です。[1]",  # the contrary
        "道路橋の定期点検は七年に一度行います。[1]",  # another figure, in kanji
        "宇宙飛行士は月の温泉でカラオケを歌います。[1]",  # nothing of it is there
        "該当なし",
        "",
        None,  # no answer at all
    ],
)
def test_nonsense_gives_way_to_the_quoted_answer(desk: Desk, reply: str | None) -> None:
    assert _ask(desk, reply).sentences == desk.ask(QUESTION).sentences


def test_sentences_on_one_line_and_replies_in_blocks_are_read(desk: Desk) -> None:
    text = (
        "道路橋の定期点検は5年に1回、近接目視で行います[1]。近接目視とは、部材に近づいて目で見る方法です[1]。"
    )
    model = GenericFakeChatModel(messages=iter([AIMessage([{"type": "text", "text": text}])]))
    asked = Desk(desk.release, desk._retriever.embedders, desk.settings, LangChainGenerator(model))
    assert [sentence.text for sentence in asked.ask(QUESTION).sentences] == [
        "道路橋の定期点検は5年に1回、近接目視で行います。",
        "近接目視とは、部材に近づいて目で見る方法です。",
    ]


def test_a_good_sentence_survives_a_bad_neighbour(desk: Desk) -> None:
    answer = _ask(desk, "定期点検は9年に1回です。[1]\n道路橋の定期点検は5年に1回、近接目視で行います。[1]")
    assert len(answer.sentences) == 1


def test_a_model_cannot_turn_a_refusal_into_an_answer(desk: Desk) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("日当は1万円です。[1]")]))
    asked = Desk(desk.release, desk._retriever.embedders, desk.settings, LangChainGenerator(model))
    assert asked.ask("ハンズオン支援事業のアドバイザーの日当はいくらですか").status == "refused"


def test_prompts_are_strict() -> None:
    with pytest.raises(PromptError, match=r"prompts/answer_user\.md: 置き換えの名前が合いません"):
        Prompt("answer_user", frozenset({"question"}))


def test_an_unknown_model_is_told_in_japanese() -> None:
    with pytest.raises(ModelError, match="言語モデル「nobody:none」を使えません"):
        open_generator("nobody:none", 1.0)
