"""A Word template with fields (ひな形): {{ 項目 }}, {% if 項目 %} and {% for … in 項目 %}, filled with text and nothing but text.

Whoever writes a template need not be trusted: it is run in a sandbox that knows only the fields it is given and refuses
everything else of Jinja (calculations, functions, filters). What a field holds is escaped, whatever stands in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from docx.oxml import parse_xml
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rag.errors import DeskError

Value = str | tuple[str, ...]
LARGEST = 10 * 2**20  # bytes of a template with its pictures
LARGEST_TEXT = 2 * 2**20  # bytes of its texts and styles, unpacked

_NO_XML = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or,
)  # fmt: skip
_WIDE = re.compile(r"｛[｛%％]")
_BARE = re.compile(r"\{(?:<[^>]*>)*\{(?:<[^>]*>)*(?:r|p|tr|tc)\s")  # {{r …}} puts words where Word shows none
_MAY = "使えるのは {{ 項目 }} と、{% if %}、{% for %}（1重まで）です。計算や関数は使えません。"


def filled(template: bytes, name: str, fields: Mapping[str, Value]) -> bytes:
    """The template with its fields filled in. Raises DeskError that tells ``name`` and what is wrong with it."""
    document = _opened(template, name)
    try:
        document.render({field: _clean(value) for field, value in fields.items()}, _Sandbox(name, fields))
        paper = io.BytesIO()
        document.save(paper)
    except DeskError:
        raise
    except Exception as error:  # whatever a file that is nearly a Word document makes the library raise
        raise _unreadable(name) from error
    return paper.getvalue()


class _Document(DocxTemplate):  # type: ignore[misc]  # the library has no types
    """What the library would let pass and lose words over is refused."""

    def __init__(self, template: bytes, name: str) -> None:
        super().__init__(io.BytesIO(template))
        self.name = name

    def patch_xml(self, src_xml: str) -> str:
        if bare := _BARE.search(src_xml):
            mark = re.sub(r"<[^>]*>", "", bare[0]).strip()
            raise DeskError(f"ひな形 {self.name} の「{mark} … }}}}」は使えません。{_MAY}")
        return str(super().patch_xml(src_xml))

    def fix_tables(self, xml: str) -> Any:
        try:
            parse_xml(xml)
        except SyntaxError as error:  # as XML it does not close what it opens
            raise DeskError(
                f"ひな形 {self.name} は、条件や繰り返しが表や段落の途中で切れています。"
                "{%p if 項目 %} と {%p endif %} を、それぞれ1つの段落に書き、同じところ（表の外どうし、同じマスの中）に置いてください。"
            ) from error
        return super().fix_tables(xml)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Compiles no part of the template, its header and its notes included, before it has looked at it."""

    def __init__(self, name: str, fields: Mapping[str, Value]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, optimized=False)
        self.globals.clear()
        self._name, self._fields = name, fields

    def from_string(self, source: str | nodes.Template, *rest: Any, **named: Any) -> Template:
        assert isinstance(source, str)  # noqa: S101
        try:
            tree = self.parse(source)
        except TemplateSyntaxError as error:
            raise DeskError(
                f"ひな形 {self._name} の「{_near(source, error.lineno)}」のあたりを読めません。"
                "項目は {{ 自治体 }}、条件は {% if 期限 %} と {% endif %} の形で、半角の記号で書いてください。"
            ) from error
        self._check(tree, source)
        return super().from_string(source, *rest, **named)

    def _check(self, tree: nodes.Template, source: str) -> None:
        for node in tree.find_all(nodes.Node):
            if not self._is_plain(node):
                raise DeskError(
                    f"ひな形 {self._name} の「{_near(source, node.lineno)}」には、使えない書き方があります。{_MAY}"
                )
        # only now: who looks for names works out what is constant
        unknown = sorted(meta.find_undeclared_variables(tree) - set(self._fields))
        if unknown:
            raise DeskError(
                f"ひな形 {self._name} の項目「{'」「'.join(unknown)}」はありません。"
                f"使える項目は「{'」「'.join(self._fields)}」です。"
            )
        if wide := _WIDE.search(source):
            line = 1 + source.count("\n", 0, wide.start())
            raise DeskError(
                f"ひな形 {self._name} の「{_near(source, line)}」の記号が全角です。"
                "項目は半角の {{ }} で囲んでください。"
            )

    def _is_plain(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.For):  # over a short list only, so that no letter grows without end
            over = node.iter.name if isinstance(node.iter, nodes.Name) else ""
            return isinstance(self._fields.get(over), tuple) and not node.find(nodes.For)
        return isinstance(node, _PLAIN)


def _opened(template: bytes, name: str) -> _Document:
    try:
        fits = len(template) <= LARGEST and _fits(zipfile.ZipFile(io.BytesIO(template)).infolist())
        if fits:
            document = _Document(template, name)
            document.init_docx()
            return document
    except Exception as error:  # a broken package fails in a dozen ways
        raise _unreadable(name) from error
    raise DeskError(
        f"ひな形 {name} が大きすぎます（文と書式は{LARGEST_TEXT // 2**20}MB、画像も合わせて{LARGEST // 2**20}MBまで）。"
        "小さくしてください。"
    )


def _fits(parts: list[zipfile.ZipInfo]) -> bool:
    """Unpacked."""
    texts = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    return texts <= LARGEST_TEXT and sum(part.file_size for part in parts) <= LARGEST


def _unreadable(name: str) -> DeskError:
    return DeskError(
        f"ひな形 {name} をWordの文書（.docx）として読めません。Wordで開けるか確かめ、.docx で保存し直してください。"
    )


def _clean(value: Value) -> Value:
    """Without what no XML can hold."""
    if isinstance(value, str):
        return _NO_XML.sub("", value.replace("\r\n", "\n").replace("\t", " "))
    return tuple(_NO_XML.sub("", one) for one in value)


def _near(source: str, line: int) -> str:
    """The words of a line of the XML, without its marks."""
    lines = source.splitlines()
    words = re.sub(r"<[^>]+>", "", lines[line - 1] if line <= len(lines) else "").strip()
    return words if len(words) <= 40 else words[:40] + "…"
