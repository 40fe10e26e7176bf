"""What 源内 (the government's front end for generative AI) sends and expects, and answers that are made meanwhile.

As its 行政実務用AIアプリ expects it: the fields of a form under ``inputs``, earlier turns as ``conversation_histories``.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.faults import receipt
from rag.errors import Crowded, NotFound, QuestionError, UserFacingError

NO_QUESTION = "質問がありません。inputs の question に質問を入れてください。"
NO_JOB = "この受付番号の回答はありません。受け取りから1時間が過ぎたか、サーバーが再起動しました。もう一度送ってください。"
TOO_MANY = "受け付けた質問が多すぎます。少し待って、もう一度お試しください。"
KEPT = timedelta(hours=1)
MOST = 500
LEANS_ON = 10  # earlier questions

JobStatus = Literal["PENDING", "IN_PROGRESS", "COMPLETED", "ERROR"]
_PROGRESS: dict[JobStatus, str] = {
    "PENDING": "順番を待っています",
    "IN_PROGRESS": "資料を検索し、根拠を確認しています",
    "COMPLETED": "回答できました",
    "ERROR": "回答できませんでした",
}


class EarlierTurn(BaseModel):
    """前のやりとり。input は、そのときの inputs を JSON の文字にしたもの。"""

    input: str = ""


class Inputs(BaseModel):
    """入力欄の値。ほかの欄は読みません。数だけの入力は、数として届きます。"""

    question: str | int | float | bool = Field("", examples=["橋の定期点検は何年に1回ですか"])
    municipality: str | None = Field(
        None, max_length=60, description="聞く人の自治体", examples=["千葉県君津市"]
    )
    conversation_histories: list[EarlierTurn] = Field([], max_length=1000, examples=[[]])


class GennaiRequest(BaseModel):
    """源内から届く依頼。"""

    inputs: Inputs

    @property
    def question(self) -> str:
        """Raises QuestionError where there is none."""
        if self.inputs.question == "":
            raise QuestionError(NO_QUESTION)
        return str(self.inputs.question)

    @property
    def before(self) -> tuple[str, ...]:
        """Earlier questions, the oldest first; a turn that cannot be read is passed over."""
        said = (_question_of(turn.input) for turn in self.inputs.conversation_histories)
        return tuple(question for question in said if question)[-LEANS_ON:]


class OutputsModel(BaseModel):
    """回答（Markdown）。"""

    outputs: Annotated[str, Field(examples=["5年に1回です。[1]\\n\\n出典\\n\\n- …"])]


class AcceptedModel(OutputsModel):
    """受け付けたしるし。status_url に問い合わせると、回答が届きます。"""

    request_id: str
    status: JobStatus
    status_url: str


class JobFault(BaseModel):
    """できなかったわけ。"""

    message: str
    details: str


class JobModel(BaseModel):
    """回答の進み方。COMPLETED なら outputs に回答が、ERROR なら error にわけが入ります。"""

    request_id: str
    status: JobStatus
    progress: str
    created_at: datetime
    updated_at: datetime
    outputs: str | None = None
    artifacts: list[str] | None = None
    error: JobFault | None = None


@dataclass(frozen=True)
class Job:
    """A question that is answered meanwhile."""

    id: str
    created_at: datetime
    updated_at: datetime
    status: JobStatus = "PENDING"
    text: str = ""

    def model(self) -> JobModel:
        done, failed = self.status == "COMPLETED", self.status == "ERROR"
        return JobModel(
            request_id=self.id,
            status=self.status,
            progress=_PROGRESS[self.status],
            created_at=self.created_at,
            updated_at=self.updated_at,
            outputs=self.text if done else None,
            artifacts=[] if done else None,
            error=JobFault(message=self.text, details="") if failed else None,
        )


class Jobs:
    """The questions that are answered meanwhile, in memory; they end with the server. Of one event loop."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, answer: Callable[[], Awaitable[str]]) -> Job:
        """Take it and answer it in the background. Raises Crowded."""
        now = datetime.now(UTC)
        self._jobs = {name: job for name, job in self._jobs.items() if job.updated_at > now - KEPT}
        if len(self._jobs) >= MOST:
            raise Crowded(TOO_MANY)
        job = Job(str(uuid.uuid4()), now, now)
        self._jobs[job.id] = job
        task = asyncio.create_task(self._run(job.id, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def get(self, job: str) -> Job:
        """Raises NotFound."""
        if job not in self._jobs:
            raise NotFound(NO_JOB)
        return self._jobs[job]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self, job: str, answer: Callable[[], Awaitable[str]]) -> None:
        self._become(job, "IN_PROGRESS")
        try:
            self._become(job, "COMPLETED", await answer())
        except UserFacingError as error:
            self._become(job, "ERROR", error.message)
        except Exception as error:
            self._become(job, "ERROR", receipt(error))

    def _become(self, job: str, status: JobStatus, text: str = "") -> None:
        if job in self._jobs:
            self._jobs[job] = replace(self._jobs[job], status=status, text=text, updated_at=datetime.now(UTC))


def _question_of(inputs: str) -> str:
    try:
        told = json.loads(inputs)
    except (ValueError, RecursionError):
        return ""
    question = told.get("question") if isinstance(told, dict) else None
    return str(question)[:1000] if isinstance(question, str | int | float) else ""
