"""The rulebook: the real files are sound, the newest value counts, a malformed file is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.rulebook import Rulebook, RulebookError
from bot.settings import ROOT

DIRECTORY = ROOT / "rulebook"
REAL = Rulebook.load(DIRECTORY)
KEYS = REAL.keys()
TODAY = date(2026, 11, 27)
DATES = [
    (f"{file.stem}.{key}", since)
    for file in sorted(DIRECTORY.glob("*.yml"))
    for key, parameter in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    if key != "scheme"
    for since in parameter["values"]
]


def dated(value: Any = 30, **more: Any) -> dict[str, Any]:
    return {"value": value, "source": "a page", "confidence": "assumed", **more}


def parameter(values: Mapping[Any, Any] | None = None, **more: Any) -> dict[str, Any]:
    values = {date(2020, 1, 1): dated()} if values is None else values
    return {"description": "a rate", "unit": "percent", "text": "赔30%", "values": dict(values), **more}


def written(directory: Path, rate: Any, name: str = "shop.yml") -> Path:
    (directory / name).write_text(yaml.safe_dump({"rate": rate}, allow_unicode=True), encoding="utf-8")
    return directory


def refusal(directory: Path) -> str:
    with pytest.raises(RulebookError) as caught:
        Rulebook.load(directory)
    return str(caught.value)


# --- the real files -------------------------------------------------------------------------------


def test_every_file_is_in_the_real_rulebook() -> None:
    assert {key.split(".")[0] for key in KEYS} == {file.stem for file in DIRECTORY.glob("*.yml")}
    assert {*KEYS} == {key for key, _ in DATES}


@pytest.mark.parametrize(("key", "since"), DATES)
def test_every_real_value_says_where_it_is_from_and_how_sure_it_is(key: str, since: date) -> None:
    value = REAL.get(key, since)
    assert (value.id, value.since) == (key, since)
    assert value.source.strip()
    assert value.confidence in ("confirmed", "reported", "assumed")
    assert value.text.strip()


@pytest.mark.parametrize("key", KEYS)
def test_a_real_value_does_not_hold_before_its_first_date(key: str) -> None:
    first = min(since for name, since in DATES if name == key)
    before = first - timedelta(days=1)
    with pytest.raises(RulebookError, match=f"{re.escape(key)} has no value on {before}"):
        REAL.get(key, before)


@pytest.mark.parametrize("key", KEYS)
def test_every_real_parameter_has_a_value_today(key: str) -> None:
    assert REAL.get(key, TODAY).since <= TODAY


def test_the_tmall_penalty_is_30_percent_and_500_yuan_at_most() -> None:
    assert REAL.amount("tmall.short_shipment.penalty_rate", TODAY) == 30
    assert REAL.get("tmall.short_shipment.penalty_rate", TODAY).unit == "percent"
    assert REAL.amount("tmall.short_shipment.penalty_cap", TODAY) == 50000
    assert REAL.get("tmall.short_shipment.penalty_cap", TODAY).unit == "fen"
    assert REAL.amount("tmall.short_shipment.points_per_yuan", TODAY) == 100


def test_the_seller_had_five_days_to_answer_a_refund_until_it_became_two() -> None:
    key = "taobao.after_sale.refund_shipped"
    assert [REAL.amount(key, date(2022, 8, day)) for day in (9, 10, 11)] == [5, 2, 2]


def test_a_new_value_does_not_change_what_held_before() -> None:
    key = "douyin.late_shipment.penalty_rate"
    assert [REAL.amount(key, day) for day in (date(2023, 1, 7), date(2025, 4, 27), date(2025, 4, 28))] == [10, 10, 1]


@pytest.mark.parametrize("platform", ["jd", "douyin", "pdd", "weixin_shop"])
def test_what_only_reprints_say_of_a_platform_is_never_passed_off_as_sure(platform: str) -> None:
    rules = [REAL.get(key, TODAY) for key in KEYS if key.startswith(f"{platform}.")]
    assert rules
    for rule in rules:
        assert rule.confidence == "confirmed" or "以平台页面为准" in rule.text


# --- by key and date ------------------------------------------------------------------------------


def test_the_newest_value_on_or_before_the_date_wins(tmp_path: Path) -> None:
    values = {date(2022, 1, 1): dated(20), date(2020, 1, 1): dated(10), date(2024, 1, 1): dated(30)}
    rulebook = Rulebook.load(written(tmp_path, parameter(values)))
    on = {
        date(2020, 1, 1): 10,
        date(2021, 12, 31): 10,
        date(2022, 1, 1): 20,
        date(2023, 12, 31): 20,
        date(2024, 1, 1): 30,
        date(2999, 1, 1): 30,
    }
    assert {day: rulebook.amount("shop.rate", day) for day in on} == on
    with pytest.raises(RulebookError, match=r"shop\.rate has no value on 2019-12-31"):
        rulebook.get("shop.rate", date(2019, 12, 31))


@given(st.sets(st.dates(), min_size=1, max_size=8), st.dates())
def test_on_any_date_the_last_begun_value_holds(
    tmp_path_factory: pytest.TempPathFactory, begins: set[date], on: date
) -> None:
    values = {since: dated(number) for number, since in enumerate(sorted(begins))}
    rulebook = Rulebook.load(written(tmp_path_factory.mktemp("rules"), parameter(values)))
    begun = [since for since in begins if since <= on]
    if begun:
        assert rulebook.amount("shop.rate", on) == len(begun) - 1
        assert rulebook.get("shop.rate", on).since == max(begun)
    else:
        with pytest.raises(RulebookError):
            rulebook.get("shop.rate", on)


def test_a_key_nobody_wrote_is_an_error() -> None:
    with pytest.raises(RulebookError, match=r"rulebook has no tmall\.nothing"):
        REAL.get("tmall.nothing", TODAY)


def test_a_text_is_no_amount() -> None:
    assert REAL.get("tmall.short_shipment.freight", TODAY).value == "seller"
    with pytest.raises(RulebookError, match=r"tmall\.short_shipment\.freight is no number: 'seller'"):
        REAL.amount("tmall.short_shipment.freight", TODAY)


def test_what_holds_on_a_day_is_in_the_order_of_the_files(tmp_path: Path) -> None:
    before, after = date(2020, 1, 1), date(2022, 1, 1)
    written(tmp_path, parameter({before: dated(1), after: dated(2)}), "b.yml")
    written(tmp_path, parameter({after: dated(3)}), "a.yml")
    rulebook = Rulebook.load(tmp_path)
    held = {
        day: [(value.id, value.value, value.since) for value in rulebook.holding(day)]
        for day in (date(2019, 12, 31), before, date(2021, 12, 31), after)
    }
    assert held == {
        date(2019, 12, 31): [],
        before: [("b.rate", 1, before)],
        date(2021, 12, 31): [("b.rate", 1, before)],
        after: [("a.rate", 3, after), ("b.rate", 2, after)],
    }


def test_every_real_rule_holds_today() -> None:
    assert sorted(value.id for value in REAL.holding(TODAY)) == KEYS


def test_two_files_may_have_the_same_key(tmp_path: Path) -> None:
    written(tmp_path, parameter({date(2020, 1, 1): dated(1)}), "one.yml")
    written(tmp_path, parameter({date(2020, 1, 1): dated(2)}), "two.yml")
    rulebook = Rulebook.load(tmp_path)
    assert rulebook.keys() == ["one.rate", "two.rate"]
    assert (rulebook.amount("one.rate", TODAY), rulebook.amount("two.rate", TODAY)) == (1, 2)


@pytest.mark.parametrize(("unit", "value"), [("percent", 0), ("percent", 100), ("fen", 101), ("text", "none")])
def test_a_value_at_the_edge_is_still_sound(tmp_path: Path, unit: str, value: int | str) -> None:
    rate = parameter({date(2020, 1, 1): dated(value)}, unit=unit)
    assert Rulebook.load(written(tmp_path, rate)).get("shop.rate", TODAY).value == value


# --- malformed files ------------------------------------------------------------------------------


def test_a_directory_without_files_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: no rulebook files"


@pytest.mark.parametrize("text", ["a: [1, 2", "a: b: c", "? [a]\n: 1", "\t- a"])
def test_a_file_that_is_not_yaml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop.yml").write_text(text, encoding="utf-8")
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path / 'shop.yml'}: ") and "\n" not in message


@pytest.mark.parametrize("text", ["- a\n- list", "", "just words", "5"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop.yml").write_text(text, encoding="utf-8")
    assert refusal(tmp_path) == f"{tmp_path / 'shop.yml'}: must be a mapping"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").mkdir()
    assert str(tmp_path / "shop.yml") in refusal(tmp_path)


ON = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (parameter({ON: dated(-1)}), "rate.2020-01-01: -1 is no number of percent"),
        (parameter({ON: dated(101)}), "rate.2020-01-01: 101 percent is more than all of it"),
        (parameter({ON: dated("much")}), "rate.2020-01-01: 'much' is no number of percent"),
        (parameter({ON: dated("30")}), "rate.2020-01-01: '30' is no number of percent"),
        (parameter({ON: dated(-1)}, unit="fen"), "rate.2020-01-01: -1 is no number of fen"),
        (parameter(unit="parsec"), "rate.unit: "),
        (parameter({}), "rate: has no values"),
        (parameter(typo=1), "rate.typo: extra fields not permitted"),
        (parameter({ON: dated(typo=1)}), "rate.values.2020-01-01.typo: extra fields not permitted"),
        (parameter({ON: dated(confidence="certain")}), "rate.values.2020-01-01.confidence: "),
        (parameter({ON: dated(source=None)}), "rate.values.2020-01-01.source: "),
        (parameter({ON: dated(None)}), "rate.values.2020-01-01.value: "),
        (parameter({ON: 30}), "rate.values.2020-01-01: "),
        (parameter({"spring": dated()}), "rate.values"),
        ({key: value for key, value in parameter().items() if key != "text"}, "rate.text: field required"),
        (30, "rate."),
        (None, "rate."),
    ],
)
def test_a_wrong_parameter_is_named_with_file_and_key(tmp_path: Path, rate: Any, message: str) -> None:
    assert refusal(written(tmp_path, rate)).startswith(f"{tmp_path / 'shop.yml'}: {message}")


def test_one_wrong_file_among_sound_ones_is_the_one_that_is_named(tmp_path: Path) -> None:
    written(tmp_path, parameter(), "a.yml")
    written(tmp_path, parameter(unit="parsec"), "b.yml")
    written(tmp_path, parameter(), "c.yml")
    assert refusal(tmp_path).startswith(f"{tmp_path / 'b.yml'}: rate.unit: ")


# --- a lowest amount above the highest ---

EARLY, LATE = date(2020, 1, 1), date(2022, 1, 1)


def fen(values: Mapping[date, int]) -> dict[str, Any]:
    return parameter({since: dated(value) for since, value in values.items()}, unit="fen")


def pair(directory: Path, low: dict[str, Any], high: dict[str, Any], ending: str = "cap") -> Path:
    content = {f"late.penalty_{ending}": high, "late.penalty_min": low}
    (directory / "shop.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return directory


@pytest.mark.parametrize("ending", ["max", "cap"])
@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        ({EARLY: 501}, {EARLY: 500}, "(501) is more than {} (500) on 2020-01-01"),
        # Each was sound alone; the day on which one of them changed is the day that is named.
        ({EARLY: 500}, {EARLY: 900, LATE: 400}, "(500) is more than {} (400) on 2022-01-01"),
        ({EARLY: 500, LATE: 901}, {EARLY: 900}, "(901) is more than {} (900) on 2022-01-01"),
        ({EARLY: 500}, {LATE: 400}, "(500) is more than {} (400) on 2022-01-01"),
        ({LATE: 500}, {EARLY: 400}, "(500) is more than {} (400) on 2022-01-01"),
        # Mended later, but a claim of the time between would still be judged by it.
        ({EARLY: 500}, {EARLY: 400, LATE: 900}, "(500) is more than {} (400) on 2020-01-01"),
    ],
)
def test_a_lowest_amount_above_the_highest_is_named(
    tmp_path: Path, low: dict[date, int], high: dict[date, int], says: str, ending: str
) -> None:
    message = refusal(pair(tmp_path, fen(low), fen(high), ending))
    assert message == f"{tmp_path / 'shop.yml'}: late.penalty_min {says.format(f'late.penalty_{ending}')}"


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ({EARLY: 500}, {EARLY: 500}),
        ({EARLY: 500, LATE: 800}, {EARLY: 600, LATE: 900}),
        ({EARLY: 500, LATE: 300}, {LATE: 400}),  # no cap while the higher minimum held
    ],
)
def test_bounds_that_agree_on_every_day_are_sound(tmp_path: Path, low: dict[date, int], high: dict[date, int]) -> None:
    assert len(Rulebook.load(pair(tmp_path, fen(low), fen(high))).keys()) == 2


def test_bounds_in_two_units_cannot_be_compared(tmp_path: Path) -> None:
    message = refusal(pair(tmp_path, fen({EARLY: 5}), parameter({EARLY: dated(50)})))
    assert message.startswith(f"{tmp_path / 'shop.yml'}: late.penalty_min is in fen, late.penalty_cap in percent")


def test_a_cap_in_words_bounds_nothing(tmp_path: Path) -> None:
    high = parameter({EARLY: dated("none")}, unit="text")
    assert len(Rulebook.load(pair(tmp_path, fen({EARLY: 500}), high)).keys()) == 2


def test_a_cap_of_another_rule_or_file_is_no_sibling(tmp_path: Path) -> None:
    content = {"late.penalty_min": fen({EARLY: 500}), "none.penalty_cap": fen({EARLY: 400})}
    (tmp_path / "one.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    (tmp_path / "two.yml").write_text(yaml.safe_dump({"late.penalty_cap": fen({EARLY: 400})}), encoding="utf-8")
    assert len(Rulebook.load(tmp_path).keys()) == 3


# --- what easily slips through --------------------------------------------------------------------


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_bytes(yaml.safe_dump({"rate": parameter()}, allow_unicode=True).encode("gbk"))
    message = refusal(tmp_path)
    assert str(tmp_path / "shop.yml") in message and "UTF-8" in message


def test_a_day_that_is_in_no_calendar_is_named(tmp_path: Path) -> None:
    text = yaml.safe_dump({"rate": parameter()}).replace("2020-01-01", "2020-02-30")
    (tmp_path / "shop.yml").write_text(text, encoding="utf-8")
    assert str(tmp_path / "shop.yml") in refusal(tmp_path)


@pytest.mark.parametrize("value", [30.5, True])
def test_a_value_that_is_no_whole_number_is_named(tmp_path: Path, value: Any) -> None:
    assert "rate" in refusal(written(tmp_path, parameter({ON: dated(value)})))


def test_a_year_alone_is_no_date(tmp_path: Path) -> None:
    assert "rate.values" in refusal(written(tmp_path, parameter({2020: dated()})))


def test_a_day_with_a_time_of_day_cannot_give_it_a_second_value(tmp_path: Path) -> None:
    values = {ON: dated(30), datetime(2020, 1, 1, 8): dated(40)}
    assert "rate.values: each value stands under the day" in refusal(written(tmp_path, parameter(values)))


def test_an_empty_source_is_no_source(tmp_path: Path) -> None:
    assert "source" in refusal(written(tmp_path, parameter({ON: dated(source="")})))


def test_a_key_written_twice_is_named(tmp_path: Path) -> None:
    once = yaml.safe_dump({"rate": parameter()})
    (tmp_path / "shop.yml").write_text(once + once.replace("30", "40"), encoding="utf-8")
    assert "rate" in refusal(tmp_path)
