"""A draft written by a language model, through LangChain. The only file that imports langchain.

The model is never trusted: what it writes is a draft like any other, and :mod:`rag.cite` drops every
sentence that does not stand on the passage it cites.
"""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING

from rag.errors import GenerationError, ModelError, PromptError
from rag.sentences import split_sentences
from rag.tokens import search_terms
from rag.types import Claim, Context, Draft, Hit

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

PASSAGES = 6  # chunks a model is given; more dilutes its attention and costs time
_CITED = re.compile(r"(?P<text>[^\n\[［]+)(?P<marks>(?:[\[［]\d+[\]］][ 　]*)+)")


class Prompt:
    """A strict template: exactly the named placeholders, no more and no fewer."""

    def __init__(self, name: str, placeholders: frozenset[str]) -> None:
        self._text = files("prompts").joinpath(f"{name}.md").read_text("utf-8")
        found = {field for _, field, _, _ in Formatter().parse(self._text) if field is not None}
        if found != placeholders:
            raise PromptError(
                f"prompts/{name}.md: 置き換えの名前が合いません（ファイル {sorted(found)}、想定 {sorted(placeholders)}）。"
            )

    def fill(self, **values: str) -> str:
        return self._text.format(**values)


class LangChainGenerator:
    """Any chat model LangChain knows."""

    def __init__(self, model: BaseChatModel) -> None:
        self._model = model
        self._system = Prompt("answer_system", frozenset())
        self._user = Prompt("answer_user", frozenset({"passages", "question"}))

    def generate(self, context: Context) -> Draft:
        """Ask the model once. Raises GenerationError."""
        hits = context.hits[:PASSAGES]
        passages = "\n\n".join(_passage(number, hit) for number, hit in enumerate(hits, start=1))
        messages = [
            ("system", self._system.fill()),
            ("human", self._user.fill(passages=passages, question=context.query.asked)),
        ]
        try:
            reply = self._model.invoke(messages)
        except Exception as error:  # a provider may raise anything; the quoted answer takes its place
            raise GenerationError(f"言語モデルが応答しません（{type(error).__name__}）") from error
        claims = tuple(_claims(reply.text, hits))
        if not claims:
            raise GenerationError("言語モデルの答えに根拠の番号がありません")
        return Draft("answered", claims)


def open_generator(name: str, timeout: float) -> LangChainGenerator:
    """The generator for a setting such as ``openai:gpt-4.1-mini``. Raises ModelError."""
    from langchain.chat_models import init_chat_model

    try:
        model = init_chat_model(name, temperature=0, timeout=timeout, max_retries=0)
    except (ImportError, ValueError) as error:
        raise ModelError(
            f"言語モデル「{name}」を使えません（{error}）。HANDSON_LLM の書き方と、"
            "提供元のパッケージ（例 langchain-openai）が入っているかを確かめてください。"
        ) from error
    return LangChainGenerator(model)


def _passage(number: int, hit: Hit) -> str:
    where = " > ".join([hit.document.title, *hit.chunk.section])
    return f"[{number}] {where}\n{hit.chunk.text}"


def _claims(reply: str, hits: tuple[Hit, ...]) -> list[Claim]:
    claims: list[Claim] = []
    for match in _CITED.finditer(reply):
        numbers = [int(digits) for digits in re.findall(r"\d+", match["marks"])]
        cited = [hits[number - 1] for number in numbers if 1 <= number <= len(hits)]
        if cited:
            text = match["text"].strip("。. 　") + "。"
            quotes = [_closest(text, hit) for hit in cited]
            best = max(range(len(cited)), key=lambda i: _common(text, quotes[i]))
            claims.append(Claim(text, cited[best].chunk.id, quotes[best]))
    return claims


def _closest(text: str, hit: Hit) -> str:
    """The sentence of the chunk that shares most words with the text: what the reader is shown."""
    return max(split_sentences(hit.chunk.text), key=lambda span: _common(text, span.text)).text


def _common(one: str, other: str) -> int:
    return len(set(search_terms(one)) & set(search_terms(other)))
