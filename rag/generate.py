"""A draft written by a language model, through LangChain. The only file that imports langchain.

The model is never trusted: what it writes is a draft like any other, and :mod:`rag.cite` drops every
sentence that does not stand on the passage it cites. What a passage says is data: even a model that obeys
an instruction in one can only write sentences, and those are checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from string import Formatter
from typing import Any

from rag.errors import ModelError, PromptError
from rag.marked import MarkedText
from rag.reply import ChatModel, Reply
from rag.types import Claim, Context, Hit

PASSAGES = 6  # chunks a model is given; more dilutes its attention and costs time
SECONDS = 30.0  # for a whole reply, where nothing else is said

# What a provider calls its address; those that take no limits of their own are stopped by rag.reply alone.
_ADDRESS = {"azure_openai": "azure_endpoint"}
_NO_LIMITS = frozenset(("bedrock", "bedrock_converse", "ollama"))
_NO_KEY = "none"  # a server without keys is sent this, and never the key of another provider


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
    """Any chat model LangChain knows; ``seconds`` limits a whole reply."""

    def __init__(self, model: ChatModel, seconds: float = SECONDS) -> None:
        self._model = model
        self._seconds = seconds
        self._system = Prompt("answer_system", frozenset())
        self._user = Prompt("answer_user", frozenset({"passages", "question"}))

    def stream(self, context: Context) -> Iterator[Claim]:
        """Each claim as soon as the model has written it: unchecked. Closing it stops the request.

        Raises GenerationError, also after the first claims.
        """
        hits = context.hits[:PASSAGES]
        text = MarkedText(hits)
        reply = Reply(self._model, self._messages(context.query.asked, hits), self._seconds)
        try:
            for piece in reply:
                yield from text.feed(piece)
                if text.is_enough:
                    return
            yield from text.close()
        finally:
            reply.close()

    def _messages(self, question: str, hits: tuple[Hit, ...]) -> list[tuple[str, str]]:
        passages = "\n\n".join(_passage(number, hit) for number, hit in enumerate(hits, start=1))
        return [
            ("system", self._system.fill()),
            ("human", self._user.fill(passages=passages, question=question)),
        ]


def open_generator(name: str, seconds: float, base_url: str = "", api_key: str = "") -> LangChainGenerator:
    """The generator for a setting such as ``openai:gpt-4.1-mini``. Raises ModelError.

    ``base_url``: another address that speaks the provider's language (OpenAI's, where none is named).
    """
    from langchain.chat_models import init_chat_model

    try:
        model = init_chat_model(**_options(name, seconds, base_url, api_key))
    except (ImportError, ValueError) as error:
        raise ModelError(
            f"言語モデル「{name}」を使えません（{error}）。HANDSON_LLM の書き方と、"
            "提供元のパッケージ（例 langchain-openai）が入っているかを確かめてください。"
        ) from error
    return LangChainGenerator(model, seconds)


def _options(name: str, seconds: float, base_url: str, api_key: str) -> dict[str, Any]:
    if base_url and ":" not in name:
        name = f"openai:{name}"
    provider = name.partition(":")[0]
    options: dict[str, Any] = {"model": name, "temperature": 0}
    if provider not in _NO_LIMITS:
        options |= {"timeout": seconds, "max_retries": 0}
    if base_url:
        options[_ADDRESS.get(provider, "base_url")] = base_url
    if api_key or (base_url and provider == "openai"):
        options["api_key"] = api_key or _NO_KEY
    return options


def _passage(number: int, hit: Hit) -> str:
    """Each line marked as quoted (> ), so that no line of a document looks like one of the prompt."""
    where = " > ".join([hit.document.title, *hit.chunk.section])
    quoted = "\n".join(f"> {line}" for line in hit.chunk.text.split("\n"))
    return f"[{number}] {where}\n{quoted}"
