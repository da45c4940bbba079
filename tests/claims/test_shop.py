from __future__ import annotations

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.claims.doors import DoorPolicy, Mode
from bot.claims.shop import Hours, ShopPolicy, ShopPolicyError
from bot.settings import ROOT

SHOP = ROOT / "shop.yml"


def test_the_shops_own_file_is_sound() -> None:
    assert ShopPolicy.load(SHOP).offers.max_rounds == 3


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("offers", "max_rounds"), 9),
        (("offers", "remedies"), ["gold"]),
        (("handoff", "mute_minutes"), 5),
        (("messages", "max_replies"), 4),
        (("messages", "wait_seconds"), 60),
        (("messages", "max_per_minute"), 0),
        (("offers", "typo"), 1),
        (("offers", "goodwill"), [{"percent": 10, "at_most_fen": 500}, {"percent": 5, "at_most_fen": 500}]),
        (("offers", "history"), {"days": 0, "max_claims": 3, "max_refund_fen": 0}),
        (("offers", "valid_hours"), 24),  # a refund would be due when its offer lapses
        (("promises", "warn_hours_before"), 0),
        (("claims", "expire_days"), 6),
        (("evidence", "high_value_fen"), "viel"),
        (("hours", "weekly"), {"mon": "9-22"}),
        (("hours", "weekly"), {"mon": "22:00-9:00"}),
        (("hours", "weekly"), {"mon": "9:00-12:00, 11:00-18:00"}),
        (("hours", "weekly"), {"mon": "9:00-24:00, 11:00-18:00"}),
        (("hours", "weekly"), {"funday": "9:00-12:00"}),
        (("hours", "weekly"), ["mon"]),
        (("hours", "time_zone"), "Mars/Olympus"),
        (("hours", "time_zone"), "../etc"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, path: tuple[str, str], value: object) -> None:
    shop = yaml.safe_load(SHOP.read_text(encoding="utf-8"))
    shop[path[0]][path[1]] = value
    file = tmp_path / "shop.yml"
    file.write_text(yaml.safe_dump(shop), encoding="utf-8")
    with pytest.raises(ShopPolicyError, match=f"shop.yml: {path[0]}.{path[1]}"):
        ShopPolicy.load(file)


@pytest.mark.parametrize("text", ["[1, 2", "- a list", ""])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "shop.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ShopPolicyError, match=r"shop\.yml"):
        ShopPolicy.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShopPolicyError, match=r"nowhere\.yml"):
        ShopPolicy.load(tmp_path / "nowhere.yml")


def test_hours_are_spans_of_a_day_and_holidays_their_own() -> None:
    weekly = {"mon": "9:00-12:00, 13:00-24:00", "tue": "closed"}
    hours = Hours(weekly=weekly, holidays={date(2026, 11, 30): "10:00-11:00", date(2026, 12, 7): "closed"})
    assert hours.spans(date(2026, 11, 23)) == ((time(9), time(12)), (time(13), time(0)))
    assert hours.spans(date(2026, 11, 24)) == hours.spans(date(2026, 11, 25)) == ()
    assert hours.spans(date(2026, 11, 30)) == ((time(10), time(11)),)
    assert hours.spans(date(2026, 12, 7)) == ()
    assert not hours.is_always and Hours().is_always
    assert Hours(time_zone=ZoneInfo("Asia/Tokyo")).time_zone.key == "Asia/Tokyo"


def test_a_keys_line_goes_before_its_doors() -> None:
    policy = ShopPolicy.load(SHOP).copy(update={"doors": {"openai": DoorPolicy(mode="suggest"), "erp": DoorPolicy()}})
    assert policy.door("openai").mode is policy.door("openai", "other").mode is Mode.SUGGEST
    assert policy.door("openai", "erp").mode is policy.door("dify").mode is Mode.AUTO


def test_a_door_has_its_line_and_its_nights() -> None:
    with pytest.raises(ValueError, match="goes with outside: line"):
        DoorPolicy(outside="line")
    closed = DoorPolicy(night="off")
    assert closed.mode_at(True) is Mode.AUTO and closed.mode_at(False) is Mode.OFF
    assert DoorPolicy().mode_at(False) is Mode.AUTO
