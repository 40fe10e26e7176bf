"""A language model's reply as it arrives: bounded in time and length, and stopped when nobody reads on.

The model is asked on an event loop in a thread beside: to cancel the task there closes the connection at once, where a
thread that waits for the next piece could not be stopped. The limit is for the whole reply; a model that sends a
word now and then would never run into one for each piece.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import cache
from queue import SimpleQueue
from typing import Any, Protocol

from rag.errors import GenerationError

LONGEST = 6000  # letters; an answer has a few hundred, what goes on is a model that does not find an end

_End = GenerationError | None  # what a reply ends with


class ChatModel(Protocol):
    """A chat model of LangChain, as far as it is needed here."""

    def astream(self, messages: Any) -> AsyncIterator[Any]: ...


class Reply:
    """Iterate to get the pieces; close to stop the request. Raises GenerationError."""

    def __init__(self, model: ChatModel, messages: list[tuple[str, str]], seconds: float) -> None:
        self._pieces: SimpleQueue[str | tuple[_End]] = SimpleQueue()
        self._task = asyncio.run_coroutine_threadsafe(self._ask(model, messages, seconds), _loop())

    def __iter__(self) -> Iterator[str]:
        while isinstance(piece := self._pieces.get(), str):
            yield piece
        if piece[0] is not None:
            raise piece[0]

    def close(self) -> None:
        """Stop asking; does nothing where the reply has ended."""
        self._task.cancel()

    async def _ask(self, model: ChatModel, messages: list[tuple[str, str]], seconds: float) -> None:
        end: _End = None
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._read(model, messages)
        except Exception as error:  # a provider may raise anything; the quoted answer takes its place
            slow = isinstance(error, TimeoutError) and limit.expired()
            told = (
                f"が{seconds:g}秒以内に答え終わりません"
                if slow
                else f"が応答しません（{type(error).__name__}）"
            )
            end = GenerationError(f"言語モデル{told}")
            end.__cause__ = error
        finally:
            self._pieces.put((end,))

    async def _read(self, model: ChatModel, messages: list[tuple[str, str]]) -> None:
        length = 0
        async with aclosing(model.astream(messages)) as stream:  # type: ignore[type-var]
            async for message in stream:
                self._pieces.put(message.text)
                length += len(message.text)
                if length >= LONGEST:
                    return


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all replies, since clients keep their connections, and these belong to the loop they were opened on."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language models", daemon=True).start()
    return loop
