from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.claims.shop import ShopPolicy, ShopPolicyError
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
