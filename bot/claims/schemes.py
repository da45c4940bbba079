"""What a platform pays for a short shipment, as its file in the rulebook says it: the section ``scheme``.

A file with that section is a platform; the file's name is the platform's id. A scheme says how the penalty is reckoned
and names the values that it is reckoned with, which stand in the rulebook by date, each with its source::

    scheme:
      platform: 天猫                         # as a buyer reads it
      penalty:                              # or no_rate: the rule that says that there is none
        rate: short_shipment.penalty_rate   # percent
        base: paid_total_less_postage       # or short_lines: what was paid for the lines that are short
        most: short_shipment.penalty_cap    # fen, if there is one; likewise least, none_up_to
        rounding: …                         # a rule whose value is one of Rounding; without it half up to the fen
        conditions: [seller_at_fault, promise_broken, not_only_gifts]    # all of these must hold
        currency: {kind: points, name: 天猫积分, per_yuan: short_shipment.points_per_yuan, text: …}  # or kind: money
        rests_on: […]                       # further rules that the sum rests on
        gifts: …                            # what may be done when only gifts are missing
      freight: …   not_upheld: …   evidence: …    # the rules to cite there, each if there is one
      refund: …                                   # how a refund reaches the buyer

A key is one of the same file, or names another file first (``taobao.dispute.not_upheld``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Extra, StrictStr, ValidationError, constr, validator

from bot.claims.model import Platform
from bot.claims.money import share, yuan

if TYPE_CHECKING:
    from bot.claims.rulebook import Parameter, Rulebook


class SchemeError(ValueError):
    """The section is malformed; the message names the key in it, and the reason."""


class Condition(str, Enum):
    SELLER_AT_FAULT = "seller_at_fault"
    PROMISE_BROKEN = "promise_broken"  # 未履行承诺, 且未及时补
    NOT_ONLY_GIFTS = "not_only_gifts"


class Base(str, Enum):
    """What the penalty is a share of."""

    PAID_TOTAL_LESS_POSTAGE = "paid_total_less_postage"  # of the whole order, less refunds on lines that are not short
    SHORT_LINES = "short_lines"


class Rounding(str, Enum):
    HALF_UP_TO_FEN = "half_up_to_fen"
    HALF_UP_TO_YUAN = "half_up_to_yuan"
    DOWN_TO_YUAN = "down_to_yuan"

    def percent_of(self, fen: int, percent: int) -> int:
        if self is Rounding.HALF_UP_TO_FEN:
            return share(fen, percent, 100)
        yuans = share(fen, percent, 10_000) if self is Rounding.HALF_UP_TO_YUAN else fen * percent // 10_000
        return yuans * 100


class _Section(BaseModel):
    class Config:
        extra = Extra.forbid
        frozen = True


class Currency(_Section):
    """``name``: 天猫积分. ``text``: how it is paid, in the scheme's own words; ``{points}`` stands for how many."""

    kind: Literal["points", "money"]
    name: constr(min_length=1)  # type: ignore[valid-type]
    per_yuan: StrictStr | None = None
    text: StrictStr | None = None

    @validator("per_yuan", always=True)
    def _only_points_have_a_worth(cls, per_yuan: str | None, values: dict[str, Any]) -> str | None:
        if (per_yuan is None) == (values.get("kind") == "points"):
            raise ValueError("how many make a yuan is said of points, and of nothing else")
        return per_yuan

    @validator("text")
    def _has_no_other_gap(cls, text: str | None, values: dict[str, Any]) -> str | None:
        gaps = {"points": 1} if values.get("kind") == "points" else {}
        try:
            (text or "").format(**gaps)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("has a gap that nothing fills; {points} is filled where points are paid") from error
        return text


class Penalty(_Section):
    """Keys are rulebook ids."""

    rate: StrictStr
    base: Base
    conditions: tuple[Condition, ...]
    currency: Currency
    least: StrictStr | None = None
    most: StrictStr | None = None
    none_up_to: StrictStr | None = None
    rounding: StrictStr | None = None
    rests_on: tuple[StrictStr, ...] = ()
    gifts: StrictStr | None = None


class Scheme(_Section):
    """Keys are rulebook ids. A platform that has published no rate for short shipment has no ``penalty``."""

    id: StrictStr
    platform: constr(strict=True, min_length=1)  # type: ignore[valid-type]
    penalty: Penalty | None = None
    no_rate: StrictStr | None = None
    freight: StrictStr | None = None
    not_upheld: StrictStr | None = None
    evidence: StrictStr | None = None
    refund: StrictStr | None = None


# In what the keys of a penalty must be measured.
_UNITS = {"rate": "percent", "least": "fen", "most": "fen", "none_up_to": "fen", "rounding": "text"}


def read_scheme(name: str, raw: Any, parameters: Mapping[str, Parameter]) -> Scheme:
    """The scheme of one file, its keys made rulebook ids.

    Args:
        name: of the file, without its ending.
        raw: what stands under ``scheme``.
        parameters: the whole rulebook, by id.

    Raises:
        SchemeError: naming the key and the reason.
    """
    try:
        platform = Platform(name)
    except ValueError:
        raise SchemeError(f"{name} is no name for a platform: small letters, digits and _") from None
    if platform is Platform.UNKNOWN:
        raise SchemeError(f"{name} is what a platform is called when nobody knows it")
    if not isinstance(raw, Mapping) or "id" in raw:
        raise SchemeError("must be a mapping, without an id: that is the file's name")
    try:
        scheme = Scheme.parse_obj({**raw, "id": name})
    except ValidationError as error:
        first = error.errors()[0]
        raise SchemeError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if (scheme.penalty is None) == (scheme.no_rate is None):
        raise SchemeError("needs either a penalty or no_rate, the rule that says that there is none")
    return _Ids(name, parameters).of(scheme)


class _Ids:
    """Makes rulebook ids of the keys that a file writes, and sees to it that they fit."""

    def __init__(self, file: str, parameters: Mapping[str, Parameter]) -> None:
        self._file, self._parameters = file, parameters

    def of(self, scheme: Scheme) -> Scheme:
        rules = ("no_rate", "freight", "not_upheld", "evidence", "refund")
        cited = {name: self._id(name, getattr(scheme, name)) for name in rules}
        penalty = scheme.penalty and self._of_penalty(scheme.penalty)
        return scheme.copy(update={**cited, "penalty": penalty})

    def _of_penalty(self, penalty: Penalty) -> Penalty:
        ids: dict[str, Any] = {
            name: self._id(f"penalty.{name}", getattr(penalty, name), unit) for name, unit in _UNITS.items()
        }
        ids["gifts"] = self._id("penalty.gifts", penalty.gifts)
        ids["rests_on"] = tuple(self._id("penalty.rests_on", key) for key in penalty.rests_on)
        per_yuan = self._id("penalty.currency.per_yuan", penalty.currency.per_yuan, "points")
        self._check_begin(per_yuan, ids["rate"])
        self._check_rounding(ids["rounding"])
        return penalty.copy(update={**ids, "currency": penalty.currency.copy(update={"per_yuan": per_yuan})})

    def _id(self, where: str, key: str | None, unit: str | None = None) -> str | None:
        if key is None:
            return None
        own = f"{self._file}.{key}"
        full = own if own in self._parameters else key
        if full not in self._parameters:
            raise SchemeError(f"{where}: the rulebook has no {key}")
        if unit and unit != self._parameters[full].unit:
            raise SchemeError(f"{where}: {key} is in {self._parameters[full].unit}, not in {unit}")
        return full

    def _check_begin(self, per_yuan: str | None, rate: str) -> None:
        if per_yuan and min(self._parameters[per_yuan].values) > min(self._parameters[rate].values):
            raise SchemeError(f"penalty.currency.per_yuan: {per_yuan} begins to hold later than {rate}")

    def _check_rounding(self, rounding: str | None) -> None:
        for dated in self._parameters[rounding].values.values() if rounding else ():
            if dated.value not in [known.value for known in Rounding]:
                raise SchemeError(f"penalty.rounding: {rounding} is {dated.value!r}, which is no way to round")


# --- on a day -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """The figures of a penalty on one day. ``sources``: the ids of the values behind the sum.

    ``confidence``: that of the least sure of them.
    """

    scheme: Scheme
    rule: Penalty
    rate_percent: int
    least_fen: int
    most_fen: int | None
    none_up_to_fen: int
    rounding: Rounding
    points_per_yuan: int  # 0 where no points are paid
    sources: tuple[str, ...]
    confidence: str

    def unbounded(self, base_fen: int) -> int:
        return self.rounding.percent_of(base_fen, self.rate_percent)

    def is_spared(self, base_fen: int) -> bool:
        """So little that nothing is due; and of nothing, nothing is."""
        return base_fen <= self.none_up_to_fen

    def penalty(self, base_fen: int) -> int:
        if self.is_spared(base_fen):
            return 0
        at_least = max(self.unbounded(base_fen), self.least_fen)
        return at_least if self.most_fen is None else min(at_least, self.most_fen)

    def points(self, penalty_fen: int) -> int:
        return share(penalty_fen, self.points_per_yuan, 100)

    def needs(self, condition: Condition) -> bool:
        return condition in self.rule.conditions

    @property
    def basis(self) -> str:
        """For programs: tmall_30pct_cap500."""
        cap = "" if self.most_fen is None else f"_cap{yuan(self.most_fen).removesuffix('元')}"
        return f"{self.scheme.id}_{self.rate_percent}pct{cap}"


def terms_on(rulebook: Rulebook, scheme: Scheme, day: date) -> Terms | None:
    """What a platform pays on a day; None when it pays nothing by a rate."""
    rule = scheme.penalty
    rate = rulebook.find(rule.rate, day) if rule else None
    if rule is None or rate is None:
        return None
    least, most, none_up_to, rounding, *others = (
        rulebook.find(key, day) if key else None
        for key in (rule.least, rule.most, rule.none_up_to, rule.rounding, *rule.rests_on)
    )
    behind = [value for value in (rate, least, most, none_up_to, rounding, *others) if value]
    return Terms(
        scheme=scheme,
        rule=rule,
        rate_percent=int(rate.value),
        least_fen=int(least.value) if least else 0,
        most_fen=int(most.value) if most else None,
        none_up_to_fen=int(none_up_to.value) if none_up_to else 0,
        rounding=Rounding(rounding.value) if rounding else Rounding.HALF_UP_TO_FEN,
        points_per_yuan=rulebook.amount(rule.currency.per_yuan, day) if rule.currency.per_yuan else 0,
        sources=tuple(value.id for value in behind),
        confidence=max((value.confidence for value in behind), key=_CONFIDENCES.index),
    )


_CONFIDENCES = ("confirmed", "reported", "assumed")  # from sure to not so sure
