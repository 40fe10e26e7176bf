"""Where to go on from an answer: questions that the shelves can answer (次に聞けること)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.release import Release
from rag.types import Citation

MOST = 3
OF_THE_FIRST = 2  # about what the answer leads with

_QUESTIONS = {  # a section that was not cited -> how one asks for it
    "費用": "「{title}」の費用はいくらですか",
    "効果": "「{title}」ではどんな効果がありましたか",
    "教訓": "「{title}」の教訓は何ですか",
    "できないこと・注意": "「{title}」の注意点は何ですか",
    "必要なもの": "「{title}」に必要なものは何ですか",
    "対象・条件": "「{title}」の対象と条件は何ですか",
    "補助率・金額": "「{title}」の補助率や金額はいくらですか",
    "申込み・問い合わせ先": "「{title}」はどこに申し込みますか",
    "相談のしかた": "「{title}」にはどう相談しますか",
}
_NEXT = {"guide": "「{title}」について教えてください", "cases": "「{title}」の事例を教えてください"}
LONGEST = 50  # letters of a title that fits a button


def follow_ups(release: Release, citations: Sequence[Citation]) -> tuple[str, ...]:
    """Questions about what the cited documents have besides, and about what belongs with the first."""
    if not citations:
        return ()
    cited = {(citation.document_id, citation.section[-1:]) for citation in citations}
    first = release.documents[citations[0].document_id]
    made = list(_besides(release, first.id, cited))[:OF_THE_FIRST]
    told = {citation.document_id for citation in citations}
    for related in (release.documents.get(name) for name in first.related):
        if (
            related
            and related.id not in told
            and not related.sample
            and related.shelf in _NEXT
            and len(related.title) <= LONGEST
        ):
            made.append(_NEXT[related.shelf].format(title=_named(related.title)))
    return tuple(dict.fromkeys(made))[:MOST]


def _besides(release: Release, document_id: str, cited: set[tuple[str, tuple[str, ...]]]) -> Iterable[str]:
    title = _named(release.documents[document_id].title)
    if len(title) > LONGEST:
        return
    for chunk in release.chunks_of(document_id):
        heading = chunk.section[-1:]
        if (document_id, heading) not in cited and heading and heading[0] in _QUESTIONS:
            yield _QUESTIONS[heading[0]].format(title=title)


def _named(title: str) -> str:
    """A title as it stands within 「」."""
    return title.translate(str.maketrans("「」", "『』"))
