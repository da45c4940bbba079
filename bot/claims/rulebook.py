"""The rulebook: what platforms and laws say, as dated and sourced values in ``rulebook/*.yml``.

A file is a mapping of keys to parameters; the file's name is the first part of every key. A parameter has a
``description``, a ``unit``, a ``text`` and perhaps a ``cite`` for buyers (what it says, and its name), and ``values``
by the date from which they hold, each with ``source`` and ``confidence`` (``confirmed``: read in the text of the rule;
``reported``: read in a reprint; ``assumed``: the project's choice).
A key that ends in ``_min`` is the lower bound to the key of the same name that ends in ``_max`` or ``_cap``.
A file with a section ``scheme`` is a platform, and says there what it pays (``bot.claims.schemes``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Extra, StrictInt, StrictStr, ValidationError, constr, validator

from bot.claims.schemes import Scheme, SchemeError, read_scheme
from bot.claims.yaml_file import FileError, read_mapping

_SCHEME = "scheme"


class RulebookError(ValueError):
    """A file is malformed, or a key or a date has no value. The message names file or key, and the reason."""


@dataclass(frozen=True)
class Value:
    """One value on one date. ``text`` is what a buyer may read of it."""

    id: str
    value: int | str
    unit: str
    since: date
    source: str
    confidence: str
    text: str


class _Dated(BaseModel):
    value: StrictInt | StrictStr
    source: constr(min_length=1)  # type: ignore[valid-type]
    confidence: Literal["confirmed", "reported", "assumed"]

    class Config:
        extra = Extra.forbid


class Parameter(BaseModel):
    """One key, and what it says from which day on."""

    description: str
    unit: Literal["percent", "fen", "points", "hours", "days", "grams", "text"]
    text: str
    cite: str | None = None
    values: dict[date, _Dated]

    class Config:
        extra = Extra.forbid

    @validator("values", pre=True)
    def _dates_are_dates(cls, values: Any) -> Any:
        # pydantic would read the year 2020 as seconds since 1970, and cut the time off a day with a time of day:
        # one day, written both ways, would have two values.
        wrong = [since for since in values if type(since) is not date] if isinstance(values, dict) else []
        if wrong:
            raise ValueError(f"each value stands under the day from which it holds, not {wrong[0]!r}")
        return values


class Rulebook:
    """Values by key and date. ``schemes``: what each platform pays, by its id."""

    def __init__(self, parameters: Mapping[str, Parameter], schemes: Mapping[str, Scheme]) -> None:
        self._parameters = parameters
        self.schemes = schemes

    @classmethod
    def load(cls, directory: Path) -> Rulebook:
        """Read every file of the directory.

        Raises:
            RulebookError: naming file, key and reason.
        """
        files = sorted(directory.glob("*.yml"))
        if not files:
            raise RulebookError(f"{directory}: no rulebook files")
        parameters: dict[str, Parameter] = {}
        sections: dict[Path, Any] = {}
        for file in files:
            try:
                content = read_mapping(file)
            except FileError as error:
                raise RulebookError(str(error)) from error
            if _SCHEME in content:
                sections[file] = content.pop(_SCHEME)
            checked = {str(key): _check(file, key, raw) for key, raw in content.items()}
            _check_bounds(file, checked)
            parameters |= {f"{file.stem}.{key}": parameter for key, parameter in checked.items()}
        # Last: a scheme may name keys of other files.
        return cls(parameters, _schemes(sections, parameters))

    def scheme(self, platform: str) -> Scheme | None:
        """What a platform pays, by its id or by its name in Chinese; None for one that is not in the rulebook."""
        by_id = self.schemes.get(platform)
        return by_id or next((scheme for scheme in self.schemes.values() if scheme.platform == platform), None)

    def get(self, key: str, on: date) -> Value:
        """The value that holds on a date.

        Raises:
            RulebookError: when there is no such key, or no value yet on that date.
        """
        value = self.find(key, on)
        if value is None:
            raise RulebookError(f"{key} has no value on {on}")
        return value

    def find(self, key: str, on: date) -> Value | None:
        """The value that holds on a date; None when there is none yet.

        Raises:
            RulebookError: when there is no such key.
        """
        parameter = self._parameter(key)
        since = _holds_since(parameter, on)
        if since is None:
            return None
        dated = parameter.values[since]
        return Value(key, dated.value, parameter.unit, since, dated.source, dated.confidence, parameter.text)

    def amount(self, key: str, on: date) -> int:
        """The value as a number.

        Raises:
            RulebookError: as ``get``, or when the value is no number.
        """
        value = self.get(key, on).value
        if not isinstance(value, int):
            raise RulebookError(f"{key} is no number: {value!r}")
        return value

    def cite(self, key: str) -> str | None:
        """The rule's name as a buyer knows it (《消费者权益保护法》第五十二条), when it has one.

        Raises:
            RulebookError: when there is no such key.
        """
        return self._parameter(key).cite

    def keys(self) -> list[str]:
        return sorted(self._parameters)

    def holding(self, on: date) -> list[Value]:
        """Every value that holds on a date, file by file, in the order in which they are written there."""
        return [value for key in self._parameters if (value := self.find(key, on))]

    def _parameter(self, key: str) -> Parameter:
        parameter = self._parameters.get(key)
        if parameter is None:
            raise RulebookError(f"rulebook has no {key}")
        return parameter


def _holds_since(parameter: Parameter, on: date) -> date | None:
    return max((since for since in parameter.values if since <= on), default=None)


def _schemes(sections: Mapping[Path, Any], parameters: Mapping[str, Parameter]) -> dict[str, Scheme]:
    schemes: dict[str, Scheme] = {}
    for file, raw in sections.items():
        try:
            scheme = read_scheme(file.stem, raw, parameters)
        except SchemeError as error:
            raise RulebookError(f"{file}: {_SCHEME}: {error}") from error
        twin = next((other.id for other in schemes.values() if other.platform == scheme.platform), None)
        if twin:
            raise RulebookError(f"{file}: {_SCHEME}: platform: {twin}.yml is called {scheme.platform} too")
        if scheme.penalty and scheme.penalty.least and scheme.penalty.most:
            least, most = scheme.penalty.least, scheme.penalty.most
            _check_pair(file, least, parameters[least], most, parameters[most])
        schemes[scheme.id] = scheme
    return schemes


def _check(file: Path, key: str, raw: Any) -> Parameter:
    try:
        parameter = Parameter.parse_obj(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (key, *first["loc"]))
        raise RulebookError(f"{file}: {where}: {first['msg']}") from error
    if not parameter.values:
        raise RulebookError(f"{file}: {key}: has no values")
    for since, dated in parameter.values.items():
        if parameter.unit != "text" and (not isinstance(dated.value, int) or dated.value < 0):
            raise RulebookError(f"{file}: {key}.{since}: {dated.value!r} is no number of {parameter.unit}")
        if parameter.unit == "percent" and int(dated.value) > 100:
            raise RulebookError(f"{file}: {key}.{since}: {dated.value} percent is more than all of it")
    return parameter


def _check_bounds(file: Path, parameters: Mapping[str, Parameter]) -> None:
    """Refuse a lowest amount above the highest: whatever were paid then, one of the two would be broken."""
    for low in parameters:
        if not low.endswith("_min"):
            continue
        for high in (low.removesuffix("_min") + ending for ending in ("_max", "_cap")):
            if high in parameters:
                _check_pair(file, low, parameters[low], high, parameters[high])


def _check_pair(file: Path, low: str, lower: Parameter, high: str, upper: Parameter) -> None:
    if "text" in (lower.unit, upper.unit):
        return  # "none" bounds nothing
    if lower.unit != upper.unit:
        raise RulebookError(f"{file}: {low} is in {lower.unit}, {high} in {upper.unit}: they cannot be compared")
    # Between two days on which one of them changes both stay what they are.
    for day in sorted({*lower.values, *upper.values}):
        low_since, high_since = _holds_since(lower, day), _holds_since(upper, day)
        if low_since is None or high_since is None:
            continue
        least, most = lower.values[low_since].value, upper.values[high_since].value
        if int(least) > int(most):
            raise RulebookError(f"{file}: {low} ({least}) is more than {high} ({most}) on {day}")
