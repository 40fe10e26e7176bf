"""A record that begins as the draft of a finished support (下書きから記録へ): the draft goes once the record is there."""

from __future__ import annotations

from bot.console.entry.access import Visit
from bot.console.stock.rows import row_of_draft
from bot.desk import drafts
from corpus.parts import Record
from rag.errors import EditConflict

SHELF = "cases"


def number_of(visit: Visit, shelf: str) -> int:
    """The request whose draft the form of this visit is about; 0 where it is about none."""
    told = visit.posted.get("draft") or visit.request.query_params.get("draft", "")
    good = shelf == SHELF and told.isascii() and told.isdigit() and len(told) < 10
    return int(told) if good else 0


def row(visit: Visit, number: int) -> tuple[dict[str, str], tuple[str, ...]]:
    """What to fill in, and what was reported. Raises NotFound, DeskError."""
    draft = drafts.read(visit.offices.settings.drafts, number)
    return row_of_draft(SHELF, draft.fields | {"title": draft.title}), draft.reports


def is_there(visit: Visit, number: int) -> bool:
    return number in drafts.numbers(visit.offices.settings.drafts)


def check(visit: Visit, number: int) -> None:
    """Raise EditConflict where somebody else made a record of it meanwhile."""
    if number and not is_there(visit, number):
        raise EditConflict(
            f"受付番号{number}の下書きは、ほかの人が先に記録にしたか、消しています。何も書き込んでいません。"
            "あなたが書いた内容は下に残してあります。事例の一覧を確かめ、まだないときは、もう一度保存してください。"
        )


def done(visit: Visit, number: int, record: Record) -> None:
    """The draft has become ``record``. Raises StoreError."""
    drafts.remove(visit.offices.settings.drafts, number)
    visit.offices.audit.write(
        visit.by, "下書きを記録に", f"受付番号{number}", after={"記録": f"{record.title}（{record.id}）"}
    )
