"""An answer as plain text, for a terminal and for other programs; pages lay out the sentences themselves."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Citation, Draft, Sentence

RULES, CASES = "【手引き・制度などの記述】", "【事例】ほかの自治体の取組です。決まりではありません。"
MORE = "【くわしく】関係する記述です。"


def as_text(draft: Draft, sentences: Sequence[Sentence], citations: Sequence[Citation]) -> str:
    """The lead, the sentences with the numbers of their sources, what goes further, and the choices of a question back."""
    cited = {citation.number: citation for citation in citations}
    parted = len({citation.shelf == "cases" for citation in citations}) > 1
    first = [sentence for sentence in sentences if not sentence.more]
    further = [sentence for sentence in sentences if sentence.more]
    return "\n".join(
        [
            *([draft.lead] if draft.lead else []),
            *_paragraphs(first, cited, draft.numbered, parted=parted),
            *([MORE] if further else []),
            *_paragraphs(further, cited, "", parted=parted),
            *(f"・{choice}" for choice in draft.follow_ups),
        ]
    )


def _paragraphs(
    sentences: Sequence[Sentence], cited: dict[int, Citation], numbered: str, *, parted: bool
) -> list[str]:
    """One for each document, for each item of a list and for each field of a record.

    ``parted``: cases stand apart from what guides and programmes say. ``numbered``: the chunk whose list is one of steps.
    """
    paragraphs: list[str] = []
    before: Citation | None = None
    label, listed = "", False
    steps = 0
    for sentence in sentences:
        source = cited[sentence.citations[0]]
        if parted and (before is None or (before.shelf == "cases") != (source.shelf == "cases")):
            paragraphs.append(CASES if source.shelf == "cases" else RULES)
        new = before is None or before.document_id != source.document_id
        marks = "".join(f"[{number}]" for number in sentence.citations)
        if sentence.label and (new or sentence.label != label):
            paragraphs += [f"■ {source.title}"] if new else []
            paragraphs.append(f"{sentence.label}：{sentence.text}{marks}")
        elif (new and not sentence.label) or sentence.text.startswith("・"):
            step = source.chunk_id == numbered and sentence.text.startswith("・")
            steps += step
            paragraphs.append(f"{f'{steps}. {sentence.text[1:]}' if step else sentence.text}{marks}")
        elif listed:
            paragraphs.append(f"{sentence.text}{marks}")
        else:
            paragraphs[-1] += f"{sentence.text}{marks}"
        before, label, listed = source, sentence.label, sentence.text.startswith("・")
    return paragraphs
