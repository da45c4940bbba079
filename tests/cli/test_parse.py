"""`shaofa parse`: lines of text in, a JSON line each out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.language.dates import SHANGHAI
from tests.cli.calling import lines, shaofa


def test_parse_answers_every_line_in_order() -> None:
    texts = ["我拍了三件T恤怎么就到两件", "", "少发了俩", "/greet", "赔我50块", "\u3000"]
    parsed = lines(shaofa("parse", stdin="\n".join(texts) + "\n"))
    assert [answer["text"] for answer in parsed] == texts
    assert set(parsed[0]) == {"text", "intent", "entities", "quantities", "sums_fen", "dates", "acts"}
    assert parsed[0]["intent"]["name"] == "report_short_shipment"
    assert parsed[0]["quantities"] == {"ordered": 3, "received": 2, "missing": 1, "unit": "件"}
    assert parsed[2]["quantities"]["missing"] == 2
    assert parsed[3]["intent"]["name"] != "greet" or parsed[3]["intent"]["confidence"] < 1
    assert any(entity["entity"] == "money" for entity in parsed[4]["entities"])
    assert [answer["sums_fen"] for answer in parsed] == [[], [], [], [], [5000], []]
    acts = [[(act["kind"], act["value"], act["words"]) for act in answer["acts"]] for answer in parsed]
    assert acts[0] == [("fact", {"ordered": 3, "received": 2, "missing": 1}, texts[0])]
    assert acts[1] == [] and acts[4] == [("sum", 5000, "赔我50块")]


def test_parse_dates_what_is_said() -> None:
    before = datetime.now(SHANGHAI).date()
    (parsed,) = lines(shaofa("parse", stdin="昨天签收的，2026-11-20买的，退我12块5\n"))
    assert date.fromisoformat(parsed["dates"][0]) - before in (timedelta(days=-1), timedelta(0))  # or midnight went by
    assert parsed["dates"][1:] == ["2026-11-20"]
    assert parsed["sums_fen"] == [1250]


def test_parse_survives_bytes_that_are_no_utf8() -> None:
    parsed = lines(shaofa("parse", stdin="少发了\n".encode() + b"\xff\xfe\xc0\n" + "漏发".encode()))
    assert [answer["intent"]["name"] for answer in parsed[::2]] == ["report_short_shipment"] * 2
    assert len(parsed) == 3
