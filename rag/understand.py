"""Question -> Query: the words that matter, how much, and what kind of answer is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from rag.errors import QuestionError
from rag.facets import recognise
from rag.fold import fold, strip_invisible
from rag.thesaurus import Name, Thesaurus
from rag.tokens import Token, analyse, compounds, letter_pairs, noun_pairs, one_writing
from rag.types import Query, Term
from rag.wanted import wanted
from rag.works import Works

# Words of asking, not of the matter asked about.
ASKING = frozenset(
    "教える 知る 聞く 尋ねる 下さる 願う 御願い 説明 話 こつ コツ やつ 所 数字 何 何者 何処 何時 誰 幾ら 幾つ 如何 場合 時 事 物 者 方 方法 "
    "為 所 際 中 上 様 等 例 他 有る 無い 出来る 行う 成る 使う 使える 良い 必要 内容 概要 意味 答え 回答 質問 つ 目 さ 市 町 村 県 "
    "件 回 円 年 % 幾 か所 箇所 割合 私 私達 内 当 本 うち 達 可能 キロ ヘクタール メートル ミリ 箇月 平米 どう どの どんな 何の 具体 関する 就く 於く 対する 進める 始める 考える 見る 言う 旧版".split()
)
SYNONYM = 0.4  # what a word of another name counts beside one of the chief name
LATIN_WORDS = 3  # a name such as KOSEN-REIM or NETIS 2025 is no foreign sentence
_KANA = re.compile("[ぁ-ゖァ-ヺｦ-ﾟ]")
_HAN = re.compile("[㐀-鿿豈-﫿]")
_WEIGHTS = {"name": 1.5, "number": 1.0, "noun": 1.0, "adjective": 0.6, "verb": 0.5, "adverb": 0.4}
_FIGURE = re.compile(
    r"いくら|幾ら|いくつ|何(?:人|件|年|円|橋|%|パーセント|割|回|か所|箇所|団体|者|社|km|キロ|倍|技術)|"
    r"どの(?:くらい|ぐらい|程度)|費用|金額|予算|割合|件数|期限|いつ|人数|率は|(?<!複)数は"
)
_CASES = re.compile(
    r"事例|先例|(?<!条)例(?:は|を|が|って)|自治体(?:は(?:あ|どこ|[?。]|$)|が(?:あ|どこ)|の例)|[市町村県]は(?:あ|どこ)"
    r"|どこの(?:市|町|村|県|自治体)|(?:所|ところ)(?:は|が)?(?:あ|な[いか])"
)
_MEANING = re.compile(
    r"とは|って何|は何です|何のこと|どういう(?:もの|こと|意味)|どんな(?:もの|仕組み|制度|技術)"
)
_ASKED_FOR = re.compile(r"は|って|の?(?:教え|おしえ)|を(?:教え|おしえ|知|くだ|お願)|[?。!]*$")
# the stage a question is at, in the words people have for it -> in the words of the guide
_STAGES = (
    (re.compile(r"何から|どこから(?:手|始|着手)|手を(?:付|つ)け|着手|始め方"), "課題整理"),
    (re.compile(r"見比べ|比べれば|比較(?:の|す)|選び方|どれを選"), "技術選定"),
)
_PAST = re.compile(r"旧版|(?:以前|過去|前|古い)の?版|(?:改定|改訂|改正)(?:される)?(?:の?前|以前)")
_STEPS = re.compile(
    r"手順|流れ|進め方|何から|始め方|どう進め|どうやって進め|段取り|ステップ|どう[^、。]{0,12}(?:ば|たら)(?:よ|い|良)"
    r"|どこから(?:手|始|着手)|手を(?:付|つ)け|取りかか|とりかか|コツ|何を(?:書|確認|準備|用意)"
)
_LIST = re.compile(
    r"手順|流れ|進め方|何から|始め方|どう進め|どうやって進め|種類|一覧|何があ|違い|区分|ポイント|注意|挙げ|列挙|つは|すべて|全て"
)


def understand(
    question: str,
    limit: int,
    thesaurus: Thesaurus | None = None,
    works: Works | None = None,
    *,
    past: bool = False,
) -> Query:
    """Read a question of at most ``limit`` characters; ``past``: older editions are asked for anyway.

    ``works``: what they are named by matters for where to look, not for which of their sentences answers.
    Raises QuestionError with a Japanese message when it is empty, too long, unreadable or in another
    language.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in question):
        raise QuestionError("質問に文字として読めないデータが含まれています。入力し直してください。")
    asked = strip_invisible(question).strip()
    if not asked:
        raise QuestionError("質問が空です。知りたいことを文章で入力してください。")
    if len(asked) > limit:
        raise QuestionError(f"質問が長すぎます（{len(asked):,}文字）。{limit:,}文字以内にまとめてください。")
    folded = fold(asked)
    if not _is_japanese(asked):
        raise QuestionError("日本語の質問に対応しています。知りたいことを日本語の文章でお聞きください。")
    stage = _stage(folded)
    names = tuple(thesaurus.names(analyse(asked))) if thesaurus else ()
    meant = one_writing(_meant(asked, names))
    tokens = analyse(meant + stage)
    return Query(
        asked=asked,
        terms=(works and _words(works.besides(asked))) or _words(asked),
        meant=meant,
        sought=(sought := _terms(tokens)),
        synonyms=_synonyms(sought, names),
        pairs=tuple(dict.fromkeys(noun_pairs(tokens))),
        compounds=tuple(dict.fromkeys(compounds(meant))),
        letters=tuple(dict.fromkeys(letter_pairs(meant))),
        facets=recognise(asked),
        wanted=wanted(asked),
        past=past or bool(_PAST.search(folded)),
        wants_figure=bool(_FIGURE.search(folded)),
        wants_steps=bool(_STEPS.search(folded)),
        wants_list=bool(_LIST.search(folded)),
        wants_cases=bool(_CASES.search(folded)),
        wants_meaning=bool(_MEANING.search(folded)),
    )


def _words(text: str) -> tuple[Term, ...]:
    """The words of a question that matter, with that of the stage it speaks of."""
    return _terms(analyse(text + _stage(fold(text))))


def _synonyms(sought: tuple[Term, ...], names: Iterable[Name]) -> tuple[Term, ...]:
    """The words of the other names of what is named; they count less than those of the chief one."""
    own = {term.text for term in sought}
    others = (term for name in names for other in name.names for term in _terms(analyse(other)))
    found = {term.text: replace(term, weight=SYNONYM * term.weight) for term in others}
    return tuple(term for word, term in found.items() if word not in own)


def _meant(asked: str, names: tuple[Name, ...]) -> str:
    """The question with chief names, so that it means the same whichever name was typed."""
    if not names:
        return asked
    tokens = analyse(asked)
    said, place = [], 0
    for name in names:
        said += [token.surface for token in tokens[place : name.start]]
        said.append(name.names[0])
        place = name.end
    return "".join([*said, *(token.surface for token in tokens[place:])]).strip()


def _stage(folded: str) -> str:
    """The stage the question speaks of without naming it, as a further word to look for."""
    return "".join(f"\n{stage}" for pattern, stage in _STAGES if pattern.search(folded))


def _is_japanese(text: str) -> bool:
    """Kana, or kanji that Japanese writes; or a few Latin words (NETIS, KOSEN-REIM)."""
    if _KANA.search(text):
        return True
    han = "".join(_HAN.findall(text))
    if han:
        return han.encode("cp932", "ignore").decode("cp932") == han
    words = re.findall(r"\w+", text)
    return 0 < len(words) <= LATIN_WORDS and all(word.isascii() for word in words)


def _terms(tokens: tuple[Token, ...]) -> tuple[Term, ...]:
    runs = _noun_runs(tokens)
    asked = _asked_for(tokens, runs)
    terms: dict[str, Term] = {}
    for place, token in enumerate(tokens):
        if token.kind == "other" or token.lemma in ASKING or token.surface in ASKING:
            continue
        run = next((run for run in runs if place in run), range(place, place + 1))
        compound = _spelled([tokens[i].surface for i in run if tokens[i].surface not in ASKING])
        term = Term(token.lemma, compound, token.kind, _WEIGHTS[token.kind], asked=run == asked)
        terms.setdefault(term.text, term)
    return tuple(terms.values())


def _spelled(words: list[str]) -> str:
    """Words side by side, Latin ones apart."""
    return re.sub(r"(?<=[a-z0-9]) (?![a-z])|(?<![a-z0-9]) ", "", " ".join(words))


def _noun_runs(tokens: tuple[Token, ...]) -> list[range]:
    """Where nouns stand side by side: 手数 and 料 are 手数料."""
    runs: list[range] = []
    for is_noun, group in groupby(range(len(tokens)), lambda i: tokens[i].kind in ("name", "noun")):
        places = list(group)
        if is_noun:
            runs.append(range(places[0], places[-1] + 1))
    return runs


def _asked_for(tokens: tuple[Token, ...], runs: list[range]) -> range | None:
    """The nouns that the question is about: the last ones before は or を教えて, or at its end."""
    asked = None
    for run in runs:
        rest = "".join(token.surface for token in tokens[run.stop :])
        if _ASKED_FOR.match(rest):
            asked = run
    return asked
