"""Days as buyers name them: 前天, 上周三, 11.20, 20号, 双十一, 三天前. Needs no Rasa, and reads no clock.

What a name means is a function from today to a day, so that names are found without knowing when they were said. One
that fits many days (20号, 周三, 11月20号) means the last of them where something is over (买的, 签收), the next where
something is to come (20号前能到吗), otherwise the nearest; of weekdays and days of the month, the last.
The words are ``data/patterns/dates.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize

SHANGHAI = ZoneInfo("Asia/Shanghai")

Day = Callable[[date], "date | None"]
Match = re.Match[str]

_SMALL = r"(?:[0-9]{1,2}|廿?[一二三四五六七八九十]{1,3})"
_TO = re.compile(r"\s?[-~—–]+\s?|到|至")
_CLAUSE_END = re.compile(r"[,，。;；!！?？\n…]")
_REACH = 10  # characters; how far from a day it is said what was then
_YEARS = range(-8, 9)  # 29 February is eight years away where a century is no leap year
# 号 is shoes, lifts and screws as well as days, 日 what lasts or is kept.
_NO_DAY = (
    r"(?!\s?(?:[袋楼线店码色款链仓库螺钉电件机包箱门桌柜房院字型尺鞋位]|的(?!那?个?单|[订快货时包东])|[内游]|期间?限))"
)
_WEEKDAYS = "一二三四五六日天"


class Lean(Enum):
    """Which of the days that a name fits is meant."""

    PAST = "past"
    FUTURE = "future"
    NEAR = "near"


@dataclass(frozen=True)
class Mention:
    """A name of a day; ``start`` and ``end`` count characters.

    ``day`` gives the day for today. It is None for a time that is no exact day (月底, 前几天), and gives None for a day
    that does not exist (11月31号).
    """

    start: int
    end: int
    day: Day | None


def find_dates(text: str, now: datetime) -> list[date]:
    """The exact days that ``text`` names, in order; days begin and end in Shanghai.

    Args:
        text: as typed.
        now: when it was said, aware.
    """
    today = now.astimezone(SHANGHAI).date()
    days = [mention.day(today) for mention in find_mentions(normalize(text)) if mention.day]
    return [day for day in days if day]


def find_mentions(clean: str) -> list[Mention]:
    """What is said of days in normalized text, in order, none overlapping another."""
    found: list[Mention] = []
    for mention in sorted(_read(clean), key=lambda mention: (mention.start, -mention.end)):
        last = found[-1] if found else None
        inside = last and mention.start < last.end
        runs_on = last and (
            not mention.day and mention.end > last.end if inside else _TO.fullmatch(clean, last.end, mention.start)
        )
        if last and runs_on:
            found[-1] = Mention(last.start, mention.end, None)  # a stretch of days
        elif not inside:
            found.append(mention)
    return found


def _read(clean: str) -> Iterator[Mention]:
    for pattern, meaning in _rules():
        for match in pattern.finditer(clean):
            lean = _lean(clean, match.start(), match.end())
            yield Mention(match.start(), match.end(), meaning(match, lean) if meaning else None)


def _lean(clean: str, start: int, end: int) -> Lean:
    over_or_not = _over_or_not()
    after = over_or_not.search(_CLAUSE_END.split(clean[end : end + _REACH])[0])
    said = after or over_or_not.search(_CLAUSE_END.split(clean[max(0, start - _REACH) : start])[-1])
    return Lean.NEAR if said is None else Lean.PAST if said["past"] else Lean.FUTURE


# --- the names --------------------------------------------------------------------------------------------------------


@cache
def _over_or_not() -> re.Pattern[str]:
    words = read_patterns("dates")
    return re.compile(rf"(?P<past>{any_of(words['past'])})|{any_of(words['future'])}")


@cache
def _rules() -> list[tuple[re.Pattern[str], Callable[[Match, Lean], Day | None] | None]]:
    words = read_patterns("dates")
    names = {name: any_of(words[name]) for name in words}
    times = rf"(?:{names['times']})?"
    year = rf"(?:(?:(?P<year>20[0-9]{{2}}|(?<![0-9])[0-9]{{2}})年|(?P<that_year>{names['years']})的?))?"
    count = f"0-9{CHINESE_NUMERALS}"
    month, of_month = r"(?P<month>0?[1-9]|1[0-2])", r"(?P<day>[12][0-9]|3[01]|0?[1-9])"
    alone, ends = r"(?<![0-9.a-z/:-])", r"(?![0-9./%-])"
    over = rf"[号日]?{times}(?:{names['past']}|大促|活动|期间|当天|之?前)"
    no_count = rf"(?![.{count}]|[天件个块元双只盒包袋份])"
    rules: list[tuple[str, Callable[[Match, Lean], Day | None] | None]] = [
        (
            rf"(?<![以之今然最目提随])(?P<name>{names['days']})(?:天|日(?!期)|儿个?|(?<!前)个儿?(?![月星周礼])){times}",
            _relative,
        ),
        (r"(?<![以之])(?P<name>[昨今明前])(?:[早晚]上?|(?<!前)夜)(?!于)", _relative),
        (
            rf"(?:(?P<since>{names['since']})[之以]?后?)?(?<![.几第{count}])(?P<number>[0-9]{{1,3}}|[{CHINESE_NUMERALS}]+)"
            r"(?:天|(?P<weeks>周|个?星期|个?礼拜))(?:(?P<ago>(?:之|以)?前)|(?:之|以|过)?后)",
            _ago,
        ),
        (
            rf"(?<![每几])(?<!^[{count}])(?<![^周期拜][{count}])(?P<week>{names['weeks']})?(?:周|星期|礼拜)"
            rf"(?P<weekday>[{_WEEKDAYS}1-7])(?![次个件天{count}]){times}",
            _weekday,
        ),
        (rf"(?<![0-9])(?P<year>20[0-9]{{2}})(?P<mark>[-/.]){month}(?P=mark){of_month}(?![0-9])", _month_day),
        (rf"{alone}(?P<year>2[0-9])(?P<mark>[-/.]){month}(?P=mark){of_month}{ends}(?={over})", _month_day),
        (r"(?<![0-9号位是:])(?P<year>20[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-3][0-9])(?![0-9])", _month_day),
        (
            rf"(?<![0-9.a-z号位是:花付用])(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])(?![0-9])(?={over})",
            _month_day,
        ),
        (rf"(?<![0-9.]){year}(?P<month>{_SMALL})月(?P<day>{_SMALL})(?:[号日]{times}|{no_count})", _month_day),
        (rf"{alone}{month}[./-]{of_month}{ends}(?={over})", _month_day),
        (rf"{alone}{month}/(?P<day>[12][0-9]|3[01]|0[1-9]){ends}", _month_day),
        (
            rf"(?P<since>(?<![0-9.]){_SMALL}[号日]?\s?(?:[-~]|到|至)\s?)?(?:(?P<of>{names['months']})的?)?"
            rf"(?<![.第a-z{count}])(?<![订运递]单)(?P<day>{_SMALL})[号日]{_NO_DAY}{times}",
            _day_of_month,
        ),
        (rf"{year}(?P<festival>{names['festivals']})", _month_day),
        (rf"(?<![0-9.¥]){year}(?P<festival>{names['numeric_festivals']})(?={over})", _month_day),
        (rf"{year}(?P<lunar>{names['lunar']})", _month_day),
        (f"(?:{names['vague']}){times}", None),
    ]
    return [(re.compile(pattern), meaning) for pattern, meaning in rules]


def _relative(match: Match, lean: Lean) -> Day:
    return _from_today(_meant("days", match["name"]))


def _ago(match: Match, lean: Lean) -> Day | None:
    number = None if match["since"] else to_int(match["number"])
    days = None if number is None else number * (7 if match["weeks"] else 1)
    return None if days is None else _from_today(-days if match["ago"] else days)


def _weekday(match: Match, lean: Lean) -> Day:
    said = match["weekday"]
    number = int(said) - 1 if said.isdigit() and said.isascii() else min(_WEEKDAYS.index(said), 6)
    if match["week"]:
        weeks = _meant("weeks", match["week"])
        return lambda today: _in_week(today, weeks, number)
    lean = _of_itself_past(lean)
    return lambda today: _pick(today, (_in_week(today, weeks, number) for weeks in (-1, 0, 1)), lean)


def _day_of_month(match: Match, lean: Lean) -> Day | None:
    day = to_int(match["day"])
    if day is None or match["since"]:  # 20-22号
        return None
    if match["of"]:
        months = _meant("months", match["of"])
        return lambda today: _in_month(today, months, day)
    lean = _of_itself_past(lean)
    return lambda today: _pick(today, (_in_month(today, months, day) for months in range(-2, 3)), lean)


def _of_itself_past(lean: Lean) -> Lean:
    """A day without its month or week, and nothing said of it, is one that was: 20号那个."""
    return Lean.PAST if lean is Lean.NEAR else lean


def _month_day(match: Match, lean: Lean) -> Day:
    said = match.groupdict()
    in_year = _yearly(said)
    if said.get("year"):
        return lambda today: in_year(int(said["year"][-2:]) + 2000)
    if said.get("that_year"):
        years = _meant("years", said["that_year"])
        return lambda today: in_year(today.year + years)
    return lambda today: _pick(today, (in_year(today.year + years) for years in _YEARS), lean)


def _yearly(said: Mapping[str, str]) -> Callable[[int], date | None]:
    if said.get("lunar"):
        month, day = _meant("lunar", said["lunar"])
        return lambda year: _lunar(year, month, day)
    if name := said.get("festival"):
        month, day = _meant("festivals", name) or _meant("numeric_festivals", name)
    else:
        month, day = to_int(said["month"]) or 0, to_int(said["day"]) or 0
    return lambda year: _date(year, month, day)


def _meant(words: str, said: str) -> Any:
    return read_patterns("dates")[words].get(said)


# --- the days ---------------------------------------------------------------------------------------------------------


def _from_today(days: int) -> Day:
    return lambda today: today + timedelta(days=days)


def _pick(today: date, days: Iterable[date | None], lean: Lean) -> date | None:
    there = [day for day in days if day]
    if lean is Lean.PAST:
        return max((day for day in there if day <= today), default=None)
    if lean is Lean.FUTURE:
        return min((day for day in there if day >= today), default=None)
    return min(there, key=lambda day: abs(day - today), default=None)


def _in_week(today: date, weeks: int, number: int) -> date:
    return today + timedelta(days=number - today.weekday() + 7 * weeks)


def _in_month(today: date, months: int, day: int) -> date | None:
    years, month = divmod(today.month - 1 + months, 12)
    return _date(today.year + years, month + 1, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _lunar(year: int, month: int, day: int) -> date | None:
    from borax.calendars.lunardate import LunarDate

    try:
        first: date = LunarDate(year, month, 1).to_solar_date()
    except (ValueError, IndexError):
        return None
    return first + timedelta(days=day - 1)
