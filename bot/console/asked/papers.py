"""Tables to take along (表のファイル)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi.responses import Response

from bot.console import looks


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """With a mark at the beginning, by which Excel knows UTF-8."""
    paper = io.StringIO()
    writer = csv.writer(paper)
    writer.writerow(header)
    writer.writerows(rows)
    headers = {**looks.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + paper.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
