"""An answer as Markdown (回答のMarkdown) for clients that show it so: the text, then its numbered sources as links.

What a document, a question or a model wrote stays text: it can make no link, picture, code or HTML of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from rag.types import Answer, Citation

_TEXT = str.maketrans({"\\": "\\\\", "<": "\\<", "`": "\\`"})
_LABEL = str.maketrans({"[": "\\[", "]": "\\]", "\n": " "})
_SAFE = "/?=&%#-._~"  # of an address; brackets and blanks would end the link


@dataclass(frozen=True)
class Link:
    """A source, and where its line stands in the text."""

    title: str
    url: str
    start: int
    end: int


@dataclass(frozen=True)
class Written:
    """``pieces`` in reading order; the text is all of them."""

    pieces: tuple[str, ...]
    links: tuple[Link, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def written(answer: Answer, base: str) -> Written:
    """``base``: where addresses begin (https://example.jp), without a slash at the end."""
    pieces = [f"{paragraph}\n\n" for paragraph in plain(answer.text).split("\n") if paragraph]
    if answer.citations:
        pieces.append("出典\n\n")
    links: list[Link] = []
    place = sum(map(len, pieces))
    for citation in answer.citations:
        line = _line(citation, base)
        links.append(Link(citation.title, _address(citation.url, base), place, place + len(line)))
        pieces.append(f"{line}\n")
        place += len(line) + 1
    if pieces:
        pieces[-1] = pieces[-1].rstrip("\n")
    return Written(tuple(pieces), tuple(links))


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = text.translate(_TEXT)
    return text.replace("](", "]\\(").replace("]:", "]\\:")


def _line(citation: Citation, base: str) -> str:
    where = " > ".join([citation.title, *citation.section])
    page = f" p.{citation.page}" if citation.page else ""
    label = f"{where}{page}".translate(_TEXT).translate(_LABEL)
    return f"- \\[{citation.number}\\] [{label}]({_address(citation.url, base)})"


def _address(path: str, base: str) -> str:
    return f"{base}{quote(path, safe=_SAFE)}"
