"""What a conversation at the counter shows: what was said and became of it, the case, the files."""

from __future__ import annotations

import re
from urllib.parse import quote
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from tests.console.talk.conftest import Buyer
from tests.office import TestOffice


def test_everything_passes_over_to_the_person_4_3_and_5_2_1(complaining: Buyer, clerk: TestClient) -> None:
    """GB/T 47746—2026, 4.3 and 5.2.1: identity, history, the problem described, the state of the case."""
    page = clerk.get(complaining.path).text
    for shown in (
        "T恤只到了一件",
        "转人工",
        "纯棉T恤 白色 L码",
        "少2件",
        complaining.claim.claim_id,
        "实付109.69元",
        "买家要找人",
    ):
        assert shown in page, shown
    assert complaining.claim.order_id and complaining.claim.order_id in page


def test_the_case_shows_fault_sum_and_evidence(buyer: Buyer, clerk: TestClient) -> None:
    buyer.say("T恤只到了一件", order="纯棉T恤")
    buyer.say("", "photo-seen.jpg")
    page = clerk.get(buyer.path).text
    assert "责任：商家" in page and "怎么认定的" in page and "73.13元" in page
    picture = re.search(r'src="(/counter/c/[^"]+/files/\w+\?thumb=1)"', page)
    assert picture
    answer = clerk.get(picture[1])
    assert answer.headers["content-type"] == "image/jpeg" and "sandbox" in answer.headers["content-security-policy"]


def test_the_same_picture_elsewhere_is_warned_of(office: TestOffice, clerk: TestClient) -> None:
    one, other = Buyer(office), Buyer(office)
    for buyer in (one, other):
        buyer.say("T恤只到了一件", order="纯棉T恤")
        buyer.say("", "photo-same.jpg")
    page = clerk.get(other.path).text
    assert "别处也有同一张" in page
    large = re.search(r'href="(/counter/c/[^"]+/evidence/\w+)"', page)
    assert large
    shown = clerk.get(large[1]).text
    assert one.claim.claim_id in shown and "请您判断" in shown


def test_a_file_of_another_conversation_is_not_there(office: TestOffice, complaining: Buyer, clerk: TestClient) -> None:
    other = Buyer(office)
    other.say("在吗")
    sha256 = next(item.sha256 for item in complaining.claim.evidence if item.sha256)
    assert clerk.get(f"{other.path}/files/{sha256}").status_code == 404
    assert clerk.get(f"{other.path}/evidence/{sha256}").status_code == 404
    assert clerk.get(f"{complaining.path}/files/..%2f..%2fshaofa.db").status_code == 404


def test_why_there_was_no_answer(complaining: Buyer, clerk: TestClient) -> None:
    complaining.say("人呢")
    complaining.say("少的那件很急")
    page = clerk.get(complaining.path).text
    assert "已答" in page and "没答：买家要找人" in page and "因为会话在人手里" in page
    assert "不用读意图的一句" in page  # 人呢, while waiting


def test_what_was_read_of_a_message(complaining: Buyer, clerk: TestClient) -> None:
    page = clerk.get(f"{complaining.path}/read/1").text
    assert "report_short_shipment" in page and "T恤" in page and "收到：1" in page
    for other in ("2", "0", "999", "9" * 30, "x", "٣"):  # the bot's own, and none
        assert clerk.get(f"{complaining.path}/read/{other}").status_code == 404


def test_a_conversation_that_is_not_there(clerk: TestClient) -> None:
    assert clerk.get("/counter/c/nowhere").status_code == 404
    assert clerk.post("/counter/c/nowhere/take").status_code == 404


@pytest.mark.parametrize("talk", ["AAH/8Qx+{}==", "../{}", "a b?c#d{}", "微信:{}"])
def test_whatever_a_help_desk_calls_a_conversation_it_opens(office: TestOffice, clerk: TestClient, talk: str) -> None:
    buyer = Buyer(office)
    buyer.talk = talk.format(uuid4().hex)
    buyer.say("转人工")
    path = f"/counter/c/{quote(buyer.talk, safe='')}"
    assert f'href="{path}"' in clerk.get("/counter").text
    assert f'action="{path}/take"' in clerk.get(path).text
    assert "在您手里" in clerk.post(f"{path}/take").text
    assert clerk.get(f"{path}/read/1").status_code == 200


def test_a_case_file_to_look_at(complaining: Buyer, clerk: TestClient) -> None:
    answer = clerk.get(f"{complaining.path}/casefile/{complaining.claim.claim_id}.html")
    assert answer.status_code == 200 and "认定规则" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert clerk.get(f"{complaining.path}/casefile/SF-20200101-AAAAAA.html").status_code == 404


def test_all_of_it_in_english_too(complaining: Buyer, clerk: TestClient) -> None:
    clerk.post("/counter/language", data={"to": "en", "back": complaining.path})
    page = clerk.get(complaining.path)
    assert page.status_code == 200 and "What is missing" in page.text and "short 2" in page.text
    for path in (f"{complaining.path}/read/1", "/counter", "/counter?tab=person", "/counter/me"):
        assert clerk.get(path).status_code == 200
