"""The JSON shapes of the desk, the same for the API and for ``--json``. A contract: fields are added, never renamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.desk.figures import Figures
from bot.desk.places import municipality_named
from bot.desk.request import MAX_NEED, Application, Event, Form, Origin, Request
from bot.desk.states import STEPS, State
from bot.desk.steps import Step
from corpus.parts import Facility, Stage


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApplicationModel(_Given):
    """専門家の派遣などの申込み。連絡先と、事務局に渡すことへの同意が要ります。"""

    need: Annotated[
        str,
        Field(
            description=f"相談したいこと（{MAX_NEED:,}文字まで）",
            examples=["橋の点検にドローンを使いたいのですが、相談できる専門家はいますか"],
        ),
    ]
    municipality: Annotated[str, Field(description="自治体の正式な名前", examples=["君津市"])]
    prefecture: Annotated[str | None, Field(description="同じ名前の自治体があるときの都道府県")] = None
    facilities: Annotated[list[Facility], Field(description="施設")] = []
    technology: Annotated[str | None, Field(description="使いたい技術")] = None
    stage: Annotated[Stage | None, Field(description="いまの段階")] = None
    form: Annotated[Form | None, Field(description="希望する形")] = None
    period: Annotated[str | None, Field(description="希望する時期")] = None
    contact_name: Annotated[str, Field(description="連絡先の名前")] = ""
    contact_mail: Annotated[str, Field(description="連絡先のメールアドレス（電話番号だけでもよい）")] = ""
    contact_phone: Annotated[str, Field(description="連絡先の電話番号（メールアドレスだけでもよい）")] = ""
    consent: Annotated[bool, Field(description="相談の内容と連絡先を事務局に渡すことへの同意")] = False

    def application(self, origin: Origin) -> Application:
        """Raises DeskError for a municipality that is not known."""
        fields = self.model_dump(exclude={"municipality", "prefecture", "facilities"})
        return Application(
            municipality=municipality_named(self.municipality, self.prefecture),
            facilities=tuple(self.facilities),
            origin=origin,
            **fields,
        )


class AdvanceModel(_Given):
    """案件を1つ進める。version は、見ている案件の版です。"""

    to: Annotated[State, Field(description="進める先の状態")]
    version: Annotated[int, Field(ge=1, description="見ている案件の版。ほかの人が先に変えていれば409")]
    by: Annotated[str, Field(description="だれが行ったか", examples=["サンプル係"])]
    note: Annotated[str, Field(description="メモ。取下げの理由、支援の報告では必ず書く")] = ""
    candidates: Annotated[list[str], Field(description="候補提示のときの、アドバイザーのID")] = []
    advisor: Annotated[str | None, Field(description="打診するときの、アドバイザーのID")] = None

    def step(self) -> Step:
        return Step(self.to, self.note, tuple(self.candidates), self.advisor)


class ReceiptModel(BaseModel):
    """申込みを受け付けた知らせ。"""

    id: int
    state: State
    message: str

    @classmethod
    def of(cls, request: Request) -> ReceiptModel:
        message = f"受け付けました（受付番号{request.id}）。事務局から連絡します。"
        return cls(id=request.id, state=request.state, message=message)


class EventModel(BaseModel):
    """履歴の1行。before と after は、変わった項目の前と後の値です。"""

    version: int
    at: datetime
    by: str
    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str


class RequestModel(BaseModel):
    """1つの案件。next は、いま進められる状態です。"""

    id: int
    version: int
    state: State
    next: list[State]
    origin: Origin
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    municipality_code: str
    municipality: str
    prefecture: str
    block: str
    need: str
    facilities: list[Facility]
    technology: str | None
    stage: Stage | None
    form: Form | None
    period: str | None
    contact_name: str | None
    contact_mail: str | None
    contact_phone: str | None
    consented_at: datetime | None
    candidates: list[str]
    advisor: str | None
    due: date | None
    tried_on: date | None
    adopted_on: date | None

    @classmethod
    def of(cls, request: Request) -> RequestModel:
        return cls.model_validate(asdict(request) | {"next": STEPS[request.state]})


class RequestWithHistoryModel(RequestModel):
    """1つの案件と、その履歴。"""

    events: list[EventModel]

    @classmethod
    def told(cls, request: Request, events: Iterable[Event]) -> RequestWithHistoryModel:
        fields = asdict(request) | {"next": STEPS[request.state]}
        return cls.model_validate(fields | {"events": [asdict(event) for event in events]})


class RequestsModel(BaseModel):
    """案件の一覧。新しい順です。"""

    requests: list[RequestModel]


class FiguresModel(BaseModel):
    """年度とブロックごとの数。1つの案件は、その年度に進んだいちばん先の欄に1回だけ数えます。total はその和です。"""

    year: int
    block: str
    municipalities: int
    considered: int
    agreed: int
    tried: int
    adopted: int
    total: int

    @classmethod
    def of(cls, figures: Figures) -> FiguresModel:
        return cls.model_validate(asdict(figures) | {"total": figures.total})
