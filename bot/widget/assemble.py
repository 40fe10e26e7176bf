"""The parts of the widget as one script: widget.js is made when the server starts, without any build step."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from bot.talk.kept import COMPLAINTS

FOLDER = Path(__file__).parent
PARTS = (
    "text.js",
    "history.js",
    "server.js",
    "answer.js",
    "dialogs.js",
    "tools.js",
    "element.js",
    "asking.js",
    "mount.js",
)
STYLES = ("../pages/tokens.css", "widget.css")  # the pages and the widget share their tokens
EXAMPLES = (  # what users need, and a question that shows how it is asked
    ("何から始めるか", "新技術を使いたいのですが、何から始めればよいですか"),
    ("きまりを確かめる", "道路橋の定期点検は何年に1回ですか"),
    ("ほかの自治体の事例", "職員がドローンで橋を点検している自治体はありますか"),
    ("予算と積算", "歩掛りがない新技術はどう積算すればよいですか"),
)


@lru_cache(maxsize=1)
def script() -> str:
    """The whole widget as one classic script that leaves no name behind."""
    style = "\n".join(_read(name) for name in STYLES)
    constants = {"STYLE": style, "EXAMPLES": EXAMPLES, "COMPLAINTS": COMPLAINTS}
    given = "".join(f"const {name} = {_literal(value)};\n" for name, value in constants.items())
    return '(() => {\n"use strict";\n' + given + "\n".join(map(_read, PARTS)) + "})();\n"


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _literal(value: object) -> str:
    """A value as JavaScript; JSON is one, and so is whatever it holds."""
    return json.dumps(value, ensure_ascii=False)
