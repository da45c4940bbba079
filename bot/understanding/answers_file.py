"""``answers.yml``: what the shop itself answers to what is not the bot's business (知识库). Needs no Rasa.

Its errors are for whoever keeps the shop, so they are in Chinese and name file, entry and key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Extra, Field, ValidationError, root_validator, validator

from bot.claims.model import LineStatus, Order, ParcelState
from bot.claims.yaml_file import FileError, read_mapping
from bot.language.references import has_words
from bot.language.text import normalize, squeeze

_LONGEST = 500  # characters of an answer; nobody reads more on a phone
_MOST_BUTTONS = 5
# Some sellers' tools hand over, and cut the words out, wherever a reply has them.
_TRANSFERS = "转人工"


class AnswersError(ValueError):
    """The file cannot be used. The message names file, entry and key."""


class OrderState(str, Enum):
    """Where an order is, as far as order records say it. An order with several parcels is in several at once."""

    NO_ORDER = "no_order"  # none on record: before buying, or not paid yet
    NOT_SHIPPED = "not_shipped"
    SHIPPED = "shipped"  # it left; whether it has come, the record does not say
    IN_TRANSIT = "in_transit"
    SIGNED = "signed"
    CONFIRMED = "confirmed"  # 确认收货
    CANCELLED = "cancelled"  # a line is out of stock, and was not sent
    REFUNDED = "refunded"  # money for a line went back


_OF_PARCEL = {
    ParcelState.NOT_SHIPPED: OrderState.NOT_SHIPPED,
    ParcelState.SHIPPED: OrderState.SHIPPED,
    ParcelState.IN_TRANSIT: OrderState.IN_TRANSIT,
    ParcelState.SIGNED: OrderState.SIGNED,
}


def states(order: Order | None) -> frozenset[OrderState]:
    """Where the order is; an order without a parcel has not been sent."""
    if order is None:
        return frozenset({OrderState.NO_ORDER})
    found = {_OF_PARCEL[parcel.state] for parcel in order.parcels} or {OrderState.NOT_SHIPPED}
    if order.confirmed_at:
        found.add(OrderState.CONFIRMED)
    statuses = {line.status for line in order.lines}
    if LineStatus.OUT_OF_STOCK in statuses:
        found.add(OrderState.CANCELLED)
    if LineStatus.REFUNDED in statuses:
        found.add(OrderState.REFUNDED)
    return frozenset(found)


class Answer(BaseModel):
    """One entry. ``when``: only for orders in one of these states; ``first`` and ``last``: only on these days."""

    name: str = Field(min_length=1, max_length=40)
    questions: tuple[str, ...]
    answer: str = Field("", max_length=_LONGEST)
    buttons: tuple[str, ...] = ()
    person: bool = False  # straight to a person, after the answer if there is one
    when: tuple[OrderState, ...] = ()
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    sample: bool = False  # came with the program, and is said in the demo only

    class Config:
        extra = Extra.forbid
        frozen = True

    @validator("questions", "buttons", "when", pre=True)
    def _one_alone_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @validator("questions")
    def _something_is_asked(cls, questions: tuple[str, ...]) -> tuple[str, ...]:
        if not questions:
            raise ValueError("至少写一种问法")
        if not all(map(has_words, questions)):
            raise ValueError("有一种问法是空的")
        return questions

    @validator("buttons")
    def _fit_on_a_phone(cls, buttons: tuple[str, ...]) -> tuple[str, ...]:
        if len(buttons) > _MOST_BUTTONS or not all(map(has_words, buttons)):
            raise ValueError(f"最多{_MOST_BUTTONS}个，每个都要有字")
        return buttons

    @validator("answer")
    def _transfers_nobody(cls, answer: str) -> str:
        if _TRANSFERS in answer:
            raise ValueError(f"别写“{_TRANSFERS}”，有的商家工具见到这三个字就转接了，写“人工”")
        return answer.strip()

    @validator("first", "last", pre=True)
    def _is_a_day(cls, value: Any) -> Any:
        if isinstance(value, datetime) or not isinstance(value, date | str | None):
            raise ValueError("要写成日期，例如 2027-02-01")
        return value

    @root_validator(skip_on_failure=True)
    def _says_something(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values["answer"] and not values["person"]:
            raise ValueError("answer 和 person 至少写一项")
        if values["buttons"] and values["person"]:
            raise ValueError("person 为 true 时不能有 buttons，人工接手以后机器人不再回按钮")
        if values["first"] and values["last"] and values["last"] < values["first"]:
            raise ValueError("to 早于 from")
        return values

    def is_for(self, today: date) -> bool:
        return (self.first or today) <= today <= (self.last or today)

    @property
    def spelled(self) -> frozenset[str]:
        """Its questions, in the one spelling in which texts are compared."""
        return frozenset(map(spelled, self.questions))

    @property
    def precedence(self) -> tuple[bool, bool]:
        """Of entries with the same question the one for certain days goes first, then the one for certain orders."""
        return bool(self.first or self.last), bool(self.when)


def spelled(text: str) -> str:
    """The text without what makes no difference: case, width, marks, which number it is."""
    return "".join(char for char in squeeze(normalize(text)) if char.isalnum() or char in "#@")


def load(path: Path) -> tuple[Answer, ...]:
    """Read and check the file.

    Raises:
        AnswersError: with file, entry, key and reason.
    """
    try:
        raw = read_mapping(path)
    except FileError as error:
        raise AnswersError(str(error)) from error
    entries = raw.get("answers")
    if set(raw) != {"answers"} or not isinstance(entries, list):
        raise AnswersError(f"{path}：最外层只写 answers，下面是列表，一条一个“- ”；一条也没有就写 answers: []")
    answers = tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))
    for (number, one), (other_number, other) in combinations(enumerate(answers, 1), 2):
        where = _where(path, other_number, other.name)
        if one.name == other.name:
            raise AnswersError(f"{where}：name：和第{number}条重名")
        shared = one.spelled & other.spelled
        if shared and one.precedence == other.precedence and _both_can_hold(one, other):
            question = next(question for question in other.questions if spelled(question) in shared)
            raise AnswersError(f"{where}：questions：“{question}”在第{number}条「{one.name}」里也有，分不出用哪条")
    return answers


def _both_can_hold(one: Answer, other: Answer) -> bool:
    days = (one.first or date.min) <= (other.last or date.max) and (other.first or date.min) <= (one.last or date.max)
    orders = not one.when or not other.when or set(one.when) & set(other.when)
    return days and bool(orders)


def _entry(path: Path, number: int, entry: Any) -> Answer:
    if not isinstance(entry, dict):
        raise AnswersError(f"{path}：第{number}条：要写 name、questions、answer 这些项目")
    try:
        return Answer(**{str(key): value for key, value in entry.items()})
    except ValidationError as error:
        first = error.errors()[0]
        key = _key(first["loc"])
        raise AnswersError(f"{_where(path, number, entry.get('name'))}：{key}{_reason(first)}") from error


def _where(path: Path, number: int, name: Any) -> str:
    return f"{path}：第{number}条" + (f"「{name}」" if name else "")


def _key(loc: Sequence[str | int]) -> str:
    """Which key, and which of its values; nothing where it is about several."""
    if loc[0] == "__root__":
        return ""
    return str(loc[0]) + "".join(f" 第{part + 1}个" for part in loc[1:] if isinstance(part, int)) + "："


def _reason(error: Mapping[str, Any]) -> str:
    kind: str = error["type"]
    limit = next(iter((error.get("ctx") or {}).values()), "")
    reasons = {
        "value_error.missing": "这一项没有写",
        "value_error.extra": f"没有这一项，能写的是 {_listed(field.alias for field in Answer.__fields__.values())}",
        "type_error.enum": f"没有这个订单状态，能写的是 {_listed(state.value for state in OrderState)}",
        "type_error.bool": "只能写 true 或 false",
        "type_error.str": "要写成文字",
        "type_error.tuple": "要写成列表",
        "type_error.none.not_allowed": "这一项是空的",
        "value_error.date": "要写成日期，例如 2027-02-01",
        "value_error.any_str.min_length": "这一项是空的",
        "value_error.any_str.max_length": f"太长了，最多{limit}个字",
    }
    return reasons.get(kind, str(error["msg"]))


def _listed(words: Iterable[str]) -> str:
    return "、".join(words)
