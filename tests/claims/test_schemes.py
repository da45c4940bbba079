"""What platforms pay, as data: one file makes a new one, and a malformed one is named with file and key."""

from __future__ import annotations

import re
import shutil
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.compensation import compensate
from bot.claims.rulebook import Rulebook, RulebookError
from bot.claims.schemes import Rounding
from bot.settings import ROOT
from bot.talk.phrases import explained
from tests.claims.worked import HIGH_VALUE_FEN, ON, RULEBOOK

SINCE = date(2026, 1, 1)
CASE: dict[str, Any] = {
    "platform": "haitun",
    "paid_total_fen": 30800,
    "shipping_fen": 800,
    "items": [
        {"name": "杯子", "qty_ordered": 3, "qty_received": 2, "line_paid_fen": 6000},
        {"name": "茶盘", "qty_ordered": 1, "qty_received": 1, "line_paid_fen": 24000},
    ],
    "fault": "seller",
    "promise_broken": True,
}


def rule(value: int | str, unit: str, **more: Any) -> dict[str, Any]:
    """A rule of a platform that does not exist."""
    values = {
        more.pop("since", SINCE): {"value": value, "source": "海豚购规则中心 (invented)", "confidence": "confirmed"}
    }
    return {"description": "d", "unit": unit, "text": "t", "cite": "海豚购少发规则", "values": values, **more}


def haitun(**changes: Any) -> dict[str, Any]:
    """The file of a platform that does not exist: 20 %, 50 元 at most, in 海豚币 of which ten make a yuan."""
    penalty = {
        "rate": "short.rate",
        "base": "paid_total_less_postage",
        "most": "short.cap",
        "conditions": ["seller_at_fault", "promise_broken", "not_only_gifts"],
        "currency": {"kind": "points", "name": "海豚币", "per_yuan": "short.coins"},
        **changes.pop("penalty", {}),
    }
    return {
        "scheme": {"platform": "海豚购", "penalty": penalty, **changes.pop("scheme", {})},
        "short.rate": rule(20, "percent"),
        "short.cap": rule(5000, "fen"),
        "short.coins": rule(10, "points"),
        **changes,
    }


def with_file(folder: Path, content: Any, name: str = "haitun") -> Rulebook:
    """The project's rulebook and one file more."""
    shutil.copytree(ROOT / "rulebook", folder, dirs_exist_ok=True)
    (folder / f"{name}.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return Rulebook.load(folder)


def worked(rulebook: Rulebook, on: date = ON, **changes: Any) -> dict[str, Any]:
    return explained(compensate({**CASE, **changes}, rulebook, high_value_fen=HIGH_VALUE_FEN, on=on), rulebook)


def refusal(folder: Path, content: Any, name: str = "haitun") -> str:
    with pytest.raises(RulebookError) as caught:
        with_file(folder, content, name)
    message = str(caught.value)
    assert message.startswith(f"{folder / f'{name}.yml'}: scheme: ") and "\n" not in message
    return message.partition(": scheme: ")[2]


# --- one file makes a platform --------------------------------------------------------------------


def test_a_platform_is_one_file_with_its_sum_its_words_and_its_sources(tmp_path: Path) -> None:
    """The recipe of CONTRIBUTING.md, "A new platform's penalty"."""
    assert "没有查到「haitun」的规则" in "".join(worked(RULEBOOK)["explanation"])
    result = worked(with_file(tmp_path, haitun()))
    # (30800 - 800) x 20 % = 6000, capped at 5000; ten coins a yuan; the cups alone 6000 x 20 % = 1200
    assert {key: result[key] for key in result if key.startswith("penalty")} == {
        "penalty_fen": 5000,
        "penalty_points": 500,
        "penalty_currency": "海豚币",
        "penalty_range_fen": [1200, 5000],
    }
    assert (result["basis"], result["refund_missing_fen"]) == ("haitun_20pct_cap50", 2000)
    assert result["explanation"][1:] == [
        "违约金可申请：（实付308元－邮费8元）×20%=60元，每单最高50元，按50元。〔海豚购少发规则〕",
        "折合500海豚币。〔海豚购少发规则〕",
        "如果平台只按缺件那一项的实付算，是12元。〔海豚购少发规则〕",
        "违约金能不能拿到、拿多少，以平台判定为准。〔海豚购少发规则〕",
        "运费：由商家承担。〔《电子商务法》第二十条〕",
    ]
    assert {"haitun.short.rate", "haitun.short.cap", "haitun.short.coins"} <= set(result["sources"])
    assert not any(source.startswith(("tmall.", "taobao.")) for source in result["sources"])


def test_it_goes_by_its_id_and_by_its_name(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun())
    assert worked(rulebook, platform="海豚购") == worked(rulebook)
    assert worked(rulebook, platform="海豚")["penalty_fen"] == 0


def test_the_others_are_left_as_they_were(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun())
    for platform in RULEBOOK.schemes:
        assert worked(rulebook, platform=platform) == worked(RULEBOOK, platform=platform)


def test_money_needs_no_points_and_says_what_it_is(tmp_path: Path) -> None:
    result = worked(with_file(tmp_path, haitun(penalty={"currency": {"kind": "money", "name": "购物金"}})))
    assert (result["penalty_fen"], result["penalty_points"], result["penalty_currency"]) == (5000, 0, "购物金")
    assert "以购物金计。〔海豚购少发规则〕" in result["explanation"]


def test_a_share_of_what_was_paid_for_the_short_lines_alone(tmp_path: Path) -> None:
    result = worked(with_file(tmp_path, haitun(penalty={"base": "short_lines"})))
    assert (result["penalty_fen"], result["penalty_range_fen"]) == (1200, [1200, 1200])
    assert "违约金可申请：缺件商品的实付60元×20%=12元。〔海豚购少发规则〕" in result["explanation"]
    assert not any("只按缺件那一项" in sentence for sentence in result["explanation"])


def test_without_a_cap_there_is_none(tmp_path: Path) -> None:
    content = haitun()
    del content["scheme"]["penalty"]["most"]
    result = worked(with_file(tmp_path, content))
    assert (result["penalty_fen"], result["basis"]) == (6000, "haitun_20pct")


def test_without_a_least_or_a_limit_below_which_nothing_is_paid_every_fen_counts(tmp_path: Path) -> None:
    a_fen: dict[str, Any] = {"items": [{**CASE["items"][0], "line_paid_fen": 1}], "paid_total_fen": 801}
    assert worked(with_file(tmp_path / "a", haitun()), **a_fen)["penalty_fen"] == 0  # a fifth of a fen
    assert (
        worked(with_file(tmp_path / "b", haitun(**{"short.rate": rule(100, "percent")})), **a_fen)["penalty_fen"] == 1
    )


def test_what_may_be_done_about_gifts_is_cited_from_its_own_file(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun(penalty={"gifts": "short.gifts"}, **{"short.gifts": rule("ask", "text")}))
    gift = [{"name": "锅铲", "qty_ordered": 1, "qty_received": 0, "is_gift": True}, *CASE["items"][1:]]
    assert "haitun.short.gifts" in worked(rulebook, items=gift, paid_total_fen=24800)["sources"]


def test_of_nothing_nothing_is_due_however_high_the_least(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun(penalty={"least": "short.least"}, **{"short.least": rule(500, "fen")}))
    gone = [{**CASE["items"][0], "line_paid_fen": 0}, {**CASE["items"][1], "line_paid_fen": 30000}]
    gone[1]["refunded_fen"] = 30000
    result = worked(rulebook, items=gone)
    assert (result["penalty_fen"], result["penalty_currency"]) == (0, "海豚币")
    assert any("×20%=0元。" in sentence for sentence in result["explanation"])
    # 2 fen x 20 % = 0.4, down to 0; one fen of base is enough for the least
    assert worked(rulebook, items=[{**CASE["items"][0], "line_paid_fen": 2}], paid_total_fen=802)["penalty_fen"] == 500


def test_what_is_not_among_the_conditions_is_not_asked_for(tmp_path: Path) -> None:
    with_promise = with_file(tmp_path / "a", haitun())
    whatever = with_file(tmp_path / "b", haitun(penalty={"conditions": ["seller_at_fault"]}))
    any_fault = with_file(tmp_path / "c", haitun(penalty={"conditions": ["promise_broken", "not_only_gifts"]}))
    assert worked(with_promise, promise_broken=None)["ask"] == ["promise_broken"]
    for broken in (None, False, True):
        result = worked(whatever, promise_broken=broken)
        assert (result["status"], result["penalty_fen"]) == ("ok", 5000)
    gift = [{"name": "锅铲", "qty_ordered": 1, "qty_received": 0, "is_gift": True}, *CASE["items"][1:]]
    gifts = {"items": gift, "paid_total_fen": 24800}
    assert [worked(book, **gifts)["penalty_fen"] for book in (with_promise, whatever)] == [0, 4800]
    assert [worked(book, fault="courier")["penalty_fen"] for book in (whatever, any_fault)] == [0, 5000]
    assert worked(any_fault, fault="courier", promise_broken=False)["penalty_fen"] == 0
    for fault in ("buyer", "unclear"):  # whoever is at fault must first be known
        assert worked(any_fault, fault=fault)["penalty_fen"] == 0


def test_gifts_that_open_no_penalty_are_not_said_to_hang_on_a_promise(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun(penalty={"conditions": ["not_only_gifts"]}))
    gift = [{"name": "锅铲", "qty_ordered": 1, "qty_received": 0, "is_gift": True}, *CASE["items"][1:]]
    result = worked(rulebook, items=gift, paid_total_fen=24800, promise_broken=False)
    assert any("只缺赠品或配件时" in sentence for sentence in result["explanation"])


def test_how_sure_its_rule_is_is_said_and_the_least_sure_value_counts(tmp_path: Path) -> None:
    for place, (confidence, said) in enumerate(
        [
            ("confirmed", "违约金能"),
            ("reported", "规则据公开转载，违约金能"),
            ("assumed", "规则是我们自己的约定，违约金能"),
        ]
    ):
        content = haitun()
        content["short.cap"]["values"][SINCE]["confidence"] = confidence
        content["scheme"]["penalty"]["rests_on"] = ["law.consumer.quantity_short"]
        last = worked(with_file(tmp_path / str(place), content))["explanation"][-2]
        assert last.startswith(said)


def test_its_values_hold_by_their_dates(tmp_path: Path) -> None:
    later = date(2026, 6, 1)
    content = haitun(
        penalty={"least": "short.least", "none_up_to": "short.small", "rounding": "short.rounding"},
        **{
            "short.least": rule(900, "fen", since=later),
            "short.small": rule(1000, "fen", since=later),
            "short.rounding": rule("down_to_yuan", "text", since=later),
            "short.cap": rule(5000, "fen", since=later),
        },
    )
    rulebook = with_file(tmp_path, content)
    dear: dict[str, Any] = {}
    odd: dict[str, Any] = {"items": [{**CASE["items"][0], "line_paid_fen": 1999}], "paid_total_fen": 2799}
    little: dict[str, Any] = {"items": [{**CASE["items"][0], "line_paid_fen": 1000}], "paid_total_fen": 1800}
    before, after = date(2026, 5, 31), later
    # 30000, 1999, 1000 of base at 20 %: 6000, 399.8, 200
    assert [worked(rulebook, on=before, **case)["penalty_fen"] for case in (dear, odd, little)] == [6000, 400, 200]
    # capped, down to 300 and up to the least, spared
    assert [worked(rulebook, on=after, **case)["penalty_fen"] for case in (dear, odd, little)] == [5000, 900, 0]
    assert worked(rulebook, on=before)["basis"] == "haitun_20pct"
    assert "，去掉不足1元的零头=3元，最低9元，按9元" in worked(rulebook, on=after, **odd)["explanation"][1]
    assert "haitun.short.cap" not in worked(rulebook, on=before)["sources"]


def test_before_its_rate_holds_it_has_published_none(tmp_path: Path) -> None:
    result = worked(with_file(tmp_path, haitun()), on=date(2025, 12, 31))
    assert (result["status"], result["penalty_fen"], result["needs_review"]) == ("ok", 0, True)
    assert any("海豚购平台没有公布少发的固定比例" in sentence for sentence in result["explanation"])
    assert "project.penalty.no_rate" in result["sources"]


def test_a_rule_that_is_not_known_yet_is_not_cited(tmp_path: Path) -> None:
    content = haitun(scheme={"freight": "short.freight"}, **{"short.freight": rule("seller", "text", since=ON)})
    rulebook = with_file(tmp_path, content)
    assert "haitun.short.freight" in worked(rulebook)["sources"]
    early = worked(rulebook, on=date(2026, 11, 26))
    assert early["explanation"][-1] == "运费：由商家承担。" and "haitun.short.freight" not in early["sources"]


@pytest.mark.parametrize(
    ("rounding", "fen", "percent", "comes_to"),
    [
        (Rounding.HALF_UP_TO_FEN, 150, 1, 2),
        (Rounding.HALF_UP_TO_FEN, 149, 1, 1),
        (Rounding.HALF_UP_TO_YUAN, 15000, 5, 800),  # the source's own example: 150 x 5 % = 7.5, which is 8
        (Rounding.HALF_UP_TO_YUAN, 14999, 5, 700),
        (Rounding.DOWN_TO_YUAN, 25000, 5, 1200),  # likewise: 12.5, which is 12
        (Rounding.DOWN_TO_YUAN, 26000, 5, 1300),
        (Rounding.DOWN_TO_YUAN, 25999, 5, 1200),
    ],
)
def test_a_share_is_rounded_as_the_platform_says(rounding: Rounding, fen: int, percent: int, comes_to: int) -> None:
    assert rounding.percent_of(fen, percent) == comes_to


# --- no platform is known by name -----------------------------------------------------------------


def test_what_reckons_knows_no_platform_by_name() -> None:
    names = [name for scheme in RULEBOOK.schemes.values() for name in (scheme.id, scheme.platform)]
    assert {"tmall", "天猫", "jd", "微信小店"} <= set(names)
    for file in (ROOT / "bot" / "claims" / "schemes.py", *(ROOT / "bot" / "claims" / "compensation").glob("*.py")):
        code = re.sub(r'""".*?"""|#.*', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert [name for name in names if re.search(rf"(?<![a-z]){name}(?![a-z])", code)] == [], file


def test_the_platforms_that_the_rulebook_knows() -> None:
    pays = {scheme.platform: scheme.penalty is not None for scheme in RULEBOOK.schemes.values()}
    assert pays == {"天猫": True, "抖音": True, "淘宝": False, "京东": False, "拼多多": False, "微信小店": False}


# --- malformed ------------------------------------------------------------------------------------


def without(content: dict[str, Any], *path: str) -> dict[str, Any]:
    content = deepcopy(content)
    place = content["scheme"]
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return content


POINTS = {"kind": "points", "name": "海豚币", "per_yuan": "short.coins"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"scheme": None}, "must be a mapping"),
        ({"scheme": ["海豚购"]}, "must be a mapping"),
        (haitun(scheme={"id": "tmall"}), "must be a mapping, without an id"),
        (without(haitun(), "platform"), "platform: field required"),
        (haitun(scheme={"platform": ""}), "platform: "),
        (haitun(scheme={"platform": 5}), "platform: "),
        (haitun(scheme={"platform": "抖音"}), "platform: douyin.yml is called 抖音 too"),
        (haitun(scheme={"typo": 1}), "typo: extra fields not permitted"),
        (without(haitun(), "penalty"), "needs either a penalty or no_rate"),
        (haitun(scheme={"no_rate": "short.rate"}), "needs either a penalty or no_rate"),
        (haitun(scheme={"penalty": None, "no_rate": "short.none"}), "no_rate: the rulebook has no short.none"),
        (haitun(scheme={"freight": "tmall.nothing"}), "freight: the rulebook has no tmall.nothing"),
        (haitun(scheme={"not_upheld": "nothing"}), "not_upheld: the rulebook has no nothing"),
        (haitun(scheme={"evidence": "nothing"}), "evidence: the rulebook has no nothing"),
        (without(haitun(), "penalty", "rate"), "penalty.rate: field required"),
        (without(haitun(), "penalty", "base"), "penalty.base: field required"),
        (without(haitun(), "penalty", "conditions"), "penalty.conditions: field required"),
        (without(haitun(), "penalty", "currency"), "penalty.currency: field required"),
        (haitun(penalty={"typo": 1}), "penalty.typo: extra fields not permitted"),
        (haitun(penalty={"base": "everything"}), "penalty.base: "),
        (haitun(penalty={"conditions": ["full_moon"]}), "penalty.conditions.0: "),
        (haitun(penalty={"rate": "short.nothing"}), "penalty.rate: the rulebook has no short.nothing"),
        (haitun(penalty={"rate": 20}), "penalty.rate: "),
        (haitun(penalty={"rate": "short.cap"}), "penalty.rate: short.cap is in fen, not in percent"),
        (haitun(penalty={"most": "short.rate"}), "penalty.most: short.rate is in percent, not in fen"),
        (haitun(penalty={"least": "short.rate"}), "penalty.least: short.rate is in percent, not in fen"),
        (haitun(penalty={"none_up_to": "short.coins"}), "penalty.none_up_to: short.coins is in points, not in fen"),
        (haitun(penalty={"rounding": "short.coins"}), "penalty.rounding: short.coins is in points, not in text"),
        (
            haitun(penalty={"rounding": "short.odd"}, **{"short.odd": rule("by_dice", "text")}),
            "penalty.rounding: haitun.short.odd is 'by_dice', which is no way to round",
        ),
        (haitun(penalty={"gifts": "nothing"}), "penalty.gifts: the rulebook has no nothing"),
        (haitun(penalty={"rests_on": ["nothing"]}), "penalty.rests_on: the rulebook has no nothing"),
        (haitun(penalty={"currency": {**POINTS, "kind": "shells"}}), "penalty.currency.kind: "),
        (haitun(penalty={"currency": {**POINTS, "name": ""}}), "penalty.currency.name: "),
        (haitun(penalty={"currency": {**POINTS, "per_yuan": None}}), "penalty.currency.per_yuan: how many make a yuan"),
        (haitun(penalty={"currency": {**POINTS, "kind": "money"}}), "penalty.currency.per_yuan: how many make a yuan"),
        (
            haitun(penalty={"currency": {**POINTS, "per_yuan": "short.rate"}}),
            "penalty.currency.per_yuan: short.rate is in percent, not in points",
        ),
        (haitun(penalty={"currency": {**POINTS, "text": "合{coins}枚"}}), "penalty.currency.text: has a gap"),
        (haitun(penalty={"currency": {**POINTS, "text": "合{}枚"}}), "penalty.currency.text: has a gap"),
        (haitun(penalty={"currency": {**POINTS, "text": "合{枚"}}), "penalty.currency.text: has a gap"),
        (
            haitun(penalty={"currency": {"kind": "money", "name": "现金", "text": "合{points}枚"}}),
            "penalty.currency.text: has a gap",
        ),
        (
            haitun(**{"short.coins": rule(10, "points", since=date(2026, 1, 2))}),
            "penalty.currency.per_yuan: haitun.short.coins begins to hold later than haitun.short.rate",
        ),
    ],
)
def test_a_malformed_scheme_is_named_with_file_and_key(tmp_path: Path, content: Any, says: str) -> None:
    assert refusal(tmp_path, content).startswith(says)


def test_a_least_above_the_most_is_named(tmp_path: Path) -> None:
    content = haitun(penalty={"least": "short.least"}, **{"short.least": rule(5001, "fen")})
    with pytest.raises(RulebookError, match=r"haitun\.yml: haitun\.short\.least \(5001\) is more than"):
        with_file(tmp_path, content)


@pytest.mark.parametrize("name", ["unknown", "Haitun", "海豚", "hai-tun"])
def test_a_platforms_file_has_a_name_that_can_be_an_id(tmp_path: Path, name: str) -> None:
    assert name in refusal(tmp_path, haitun(), name)


def test_text_of_its_own_says_how_many_points(tmp_path: Path) -> None:
    rulebook = with_file(tmp_path, haitun(penalty={"currency": {**POINTS, "text": "发{points}枚海豚币到账户。"}}))
    assert "发500枚海豚币到账户。〔海豚购少发规则〕" in worked(rulebook)["explanation"]
