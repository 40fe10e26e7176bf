"""The JSON shapes of OpenAI's chat completions, as far as this server speaks them. What is not known is passed over."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

MODEL = "handson-navi"

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class TextPart(BaseModel):
    """メッセージの一部分。文字のほかは読みません。"""

    type: str = Field(examples=["text"])
    text: str = ""


class Message(BaseModel):
    """1つの発言。"""

    role: Role = Field(examples=["user"])
    content: str | list[TextPart] | None = Field(None, examples=["橋の定期点検は何年に1回ですか"])

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """届け方の細かい指定。"""

    include_usage: bool = Field(False, strict=True)


class CompletionRequest(BaseModel):
    """質問は、最後の user のメッセージです。前の user のメッセージは、続きの質問を読むのに使います。"""

    model: str = Field(max_length=100, examples=[MODEL])
    messages: list[Message] = Field(min_length=1)
    stream: bool = Field(False, strict=True, description="true にすると、できた順に届く")
    stream_options: StreamOptions | None = Field(None, examples=[None])


class UrlCitation(BaseModel):
    """出典。start_index と end_index は、content の中でその出典の行がある位置。"""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    """出典の印。"""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class AssistantMessage(BaseModel):
    """回答。content は Markdown で、終わりに番号つきの出典が並びます。"""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """1つの回答。いつも1つだけです。"""

    index: int = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """トークンは数えません。いつも 0 です。"""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Completion(BaseModel):
    """回答の全体。"""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage = Usage()


class ModelEntry(BaseModel):
    """使えるモデル。"""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int
    owned_by: str = MODEL


class ModelList(BaseModel):
    """使えるモデルの一覧。"""

    object: Literal["list"] = "list"
    data: list[ModelEntry]


class Fault(BaseModel):
    """できなかったわけ。"""

    message: Annotated[str, Field(examples=["質問が空です。知りたいことを文章で入力してください。"])]
    type: str
    param: str | None
    code: str | None


class FaultModel(BaseModel):
    """OpenAI の形のエラー。"""

    error: Fault
