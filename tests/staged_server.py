"""A real server on the loopback whose chat behaves as the question tells it: slow, silent, hostile. Run as a script.

It serves the real widget; only the answers are staged, in the shapes of bot/api_models.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.limits import SecurityHeaders
from bot.origins import WidgetOrigins
from bot.routes.pages import PAGES
from bot.widget.assemble import script

MARKUP = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script> **太字** [印](javascript:alert(1))"
PAGE = '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>置いたページ</title><link rel="stylesheet" href="/static/tokens.css"><link rel="stylesheet" href="/static/style.css"><script src="/widget.js" defer></script></head><body><main class="wide"><h1>質問</h1><handson-navi page></handson-navi></main></body></html>'
gate = asyncio.Semaphore(0)  # a slow answer waits here until a test lets it go on
seen: list[str] = []  # what came in and how it ended, for the tests to read


def answer(question: str) -> dict[str, Any]:
    """A whole answer; its words are the question's where markup is tried."""
    text = MARKUP if "印" in question else "橋の点検は5年に1回です。"
    sentences = [{"text": text, "citations": [1], "label": ""}]
    if "専門家" in question:
        sentences.append({"text": "相談できる専門家がいます。", "citations": [1], "label": ""})
    citation = {
        "number": 1, "chunk_id": "c1", "document_id": "d1", "title": text, "page": 3, "printed": "1", "section": [text],
        "quote": text, "url": "javascript:alert(1)" if "印" in question else "/documents/d1?chunk=c1#cited",
        "shelf": "guide", "source": f"サンプル市「{text}」",
    }  # fmt: skip
    advisor = {
        "advisor_id": "a1", "name": "サンプル 専門家", "sample": True, "score": 0.8, "stage": "技術選定",
        "parts": [{"name": "施設", "score": 1.0, "reason": "橋梁の支援ができます。"}, {"name": "地域", "score": 0.5, "reason": "関東に対応します。"}],
        "evidence": [{"case_id": "case-br-01", "title": "君津市：職員が操縦する市販ドローンで橋を直営点検"}],
    }  # fmt: skip
    return {
        "status": "answered", "text": "".join(f"{one['text']}[1]" for one in sentences), "sentences": sentences, "citations": [citation], "release": "20261122T075359-00000000",
        "trace": [], "nearest": [], "follow_ups": [f"「{text}」の進め方を教えてください"], "id": "answer-1", "conversation": None,
        "expires_at": None, "advisors": [advisor] if "専門家" in question else [],
    }  # fmt: skip


async def events(question: str) -> AsyncIterator[bytes]:
    whole = answer(question)
    try:
        yield event("step", {"name": "retrieve", "label": "資料を検索しています…"})
        if "遅い" in question:
            await gate.acquire()
        yield event("step", {"name": "compose", "label": "根拠を確認しています…"})
        if "黙る" in question:
            await asyncio.sleep(600)
        yield event("sentence", whole["sentences"][0])
        if "待つ" in question:
            await asyncio.sleep(600)
        if "遅い" in question:
            await gate.acquire()
        if "誤り" in question:
            yield event("error", {"message": "内部の問題で処理できませんでした（受付番号 0a1b2c3d）。"})
            return
        yield event("citations", whole["citations"])
        yield event("done", whole)
        seen.append("answered")
    except asyncio.CancelledError:
        seen.append("stopped")
        raise


def event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def chat(request: Request) -> Response:
    asked = await request.json()
    seen.append(asked["question"])
    return StreamingResponse(events(asked["question"]), media_type="text/event-stream")


async def converse(_: Request) -> Response:
    return JSONResponse({"message": "会話は使えません。"}, status_code=503)


async def feedback(_: Request) -> Response:
    return JSONResponse(
        {"message": "データベースを使えません。少し待ってもう一度お試しください。"}, status_code=503
    )


async def go_on(_: Request) -> Response:
    gate.release()
    return Response(status_code=204)


async def told(_: Request) -> Response:
    return JSONResponse(seen)


async def page(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def style(request: Request) -> Response:
    return FileResponse(PAGES / request.path_params["name"])


async def widget(_: Request) -> Response:
    return Response(script(), media_type="text/javascript")


app = Starlette(
    routes=[
        Route("/", page),
        Route("/widget.js", widget),
        Route("/static/{name}", style),
        Route("/seen", told),
        Route("/go-on", go_on),
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/conversations", converse, methods=["POST"]),
        Route("/api/feedback", feedback, methods=["POST"]),
    ]
)
app.add_middleware(SecurityHeaders)
app.add_middleware(WidgetOrigins)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
