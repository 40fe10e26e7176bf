"""Who may do what (役割): each role may do all that those before it may."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["閲覧", "評価者", "事務局", "管理者"]
ROLES: tuple[Role, ...] = get_args(Role)
DUTIES: dict[Role, str] = {
    "閲覧": "棚と公開の様子を見る",
    "評価者": "検索と回答を確かめ、未回答の質問に対応する",
    "事務局": "文書・記録・用語を直し、公開し、案件を進める",
    "管理者": "利用者を加え、変更の記録を見る",
}


def may(role: Role, needed: Role) -> bool:
    """Whether ``role`` is as high as ``needed``."""
    return ROLES.index(role) >= ROLES.index(needed)
