"""Is a sentence that a model wrote supported by the passage it cites? Readable rules and one measure of overlap.

Each clause of the sentence is laid beside what the passage says of the same (:mod:`rag.evidence`). Numbers, names, who acts,
yes and no, the force of a rule and the words of :mod:`rag.wording` must agree; of the other words enough must be there.
What cannot be told to agree is not supported: a true sentence that is dropped costs less than a false one that is shown.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.clauses import Clause, Statement, one_writing, read
from rag.evidence import Evidence, beside, share
from rag.fold import squeeze
from rag.labels import exchanged
from rag.places import mentioned
from rag.quantities import absent
from rag.roles import changed_over
from rag.sentences import split_sentences
from rag.wording import ACTORS, DECISIVE, UNKNOWN, added, contrary, denies, lost

# Set on the dev half of eval/sets/claims.jsonl; the held-out half measures them (python -m eval.claims).
ENOUGH = 0.75  # weighted share of a sentence's words that its evidence must have
ENOUGH_OF_A_CLAUSE = 0.6  # and of those of each of its clauses

_CAUSE = re.compile("(?:ため|ので|から)$")


@dataclass(frozen=True)
class Verdict:
    """``score``: share of the sentence's words that the passage has; ``reason``: what does not agree, for the trace."""

    supported: bool
    score: float
    reason: str = ""


def judge(sentence: str, passage: str, title: str = "") -> Verdict:
    """Whether ``passage`` says what ``sentence`` says. ``title`` (with the headings) may give names and subjects."""
    if is_whole(sentence, passage):
        return Verdict(True, 1.0)
    said, told = read(sentence), read(passage)
    if not said or not told:
        return Verdict(False, 0.0, "比べる語がありません")
    around = one_writing(title)
    evidence = [beside(clause, told, around) for statement in said for clause in statement.clauses]
    score = share(evidence)
    reason = next(_faults(said, told, evidence), "")
    if not reason and score < ENOUGH:
        reason = f"資料にある語が少なすぎます（{score:.2f}）"
    return Verdict(not reason, score, reason)


def is_whole(sentence: str, passage: str) -> bool:
    """Whether the sentence is one of the passage's own, to the letter."""
    wanted = _bare(sentence)
    return any(wanted == _bare(span.text) for span in split_sentences(passage))


def _bare(text: str) -> str:
    return squeeze(text).strip("・。")


def _faults(
    said: Sequence[Statement], told: Sequence[Statement], evidence: Sequence[Evidence]
) -> Iterator[str]:
    """What does not agree, in Japanese, the gravest first."""
    whole = "\n".join(statement.text for statement in said)
    source = "\n".join(statement.text for statement in told)
    near = _near(evidence, told)
    if missing := absent(whole, source):
        yield f"資料にない数字: {'、'.join(missing)}"
    if missing := _unknown_names(whole, f"{near}\n{evidence[0].around}", said):
        yield f"資料にない名前: {'、'.join(missing)}"
    if figure := exchanged(said, told):
        yield f"数字の取り違え: {figure}"
    if noun := changed_over(whole, source):
        yield f"役割の取り違え: {noun}"
    yield from _denials(evidence)
    if left_out := lost(whole, "。".join(one.told_of_its_numbers for one in evidence)):
        yield f"抜けた言い方: {'、'.join(left_out)}"
    for one in evidence:
        yield from _disagreements(one)


def _disagreements(one: Evidence) -> Iterator[str]:
    """What does not agree in one clause."""
    if made_up := added(one.said.text, one.text):
        yield f"資料にない言い方: {'、'.join(made_up)}"
    causal = _CAUSE.search(one.said.text) and _CAUSE.search(one.told.text)
    if causal and (causes := _nouns(one.said) - _nouns(one.told)):
        yield f"原因が違います: {'、'.join(sorted(causes))}"
    if word := contrary(one.said.text, one.told.text):
        yield f"反対の語: {word}"
    if actors := [word for word in one.said.words if word in ACTORS and not one.has(word)]:
        yield f"主体が違います: {'、'.join(actors)}"
    if outcome := sorted(word for word in DECISIVE & one.said.words.keys() if not one.has(word)):
        yield f"資料にない結果: {'、'.join(outcome)}"
    if missing := sorted(word for word in _nouns(one.said) if len(word) > 1 and not one.has(word)):
        yield f"資料にない語: {'、'.join(missing)}"
    if one.share < ENOUGH_OF_A_CLAUSE:
        yield f"資料にある語が少なすぎます（{one.share:.2f}）"


def _denials(evidence: Sequence[Evidence]) -> Iterator[str]:
    """Clauses beside the same clause of the passage must together deny what that denies; so must those of its predicate."""
    for clause in ("told", "counterpart"):
        groups: dict[Clause, list[bool]] = defaultdict(list)
        for one in evidence:
            groups[getattr(one, clause)].append(denies(one.said.text))
        if any(denies(told.text) != (sum(group) % 2 == 1) for told, group in groups.items()):
            yield "打ち消しが違います"
    for one in evidence:
        if denies(one.said.text) and one.predicate not in UNKNOWN and not one.has(one.predicate):
            yield f"打ち消すものが違います: {one.predicate}"


def _near(evidence: Sequence[Evidence], told: Sequence[Statement]) -> str:
    """The statements beside the sentence, each with the subject it takes over from the one before."""
    texts = []
    for statement in {statement: None for one in evidence for statement in one.statements}:
        place = told.index(statement)
        before = told[place - 1].text if place and not statement.text.startswith("・") else ""
        texts += [before.partition("は")[0], statement.text]
    return "\n".join(texts)


def _unknown_names(whole: str, source: str, said: Sequence[Statement]) -> list[str]:
    there = squeeze(source)
    places = {candidate for mention in mentioned(source) for candidate in mention.candidates}
    names = [name for statement in said for clause in statement.clauses for name in clause.names]
    return [name for name in names if squeeze(name) not in there] + [
        mention.text
        for mention in mentioned(whole)
        if squeeze(mention.text) not in there and not places.intersection(mention.candidates)
    ]


def _nouns(clause: Clause) -> frozenset[str]:
    return frozenset(word for word, weight in clause.words.items() if weight >= 1 and not word[0].isdigit())
