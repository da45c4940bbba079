"""Whole conversations through the vendors' own SDKs, against a real server: only the address is another."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from bot.db import make_engine
from bot.office import now
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from tests.sdk.environment import ensure, talk, talk_in_node
from tests.server import serve

KEY, ALIME_ID, ALIME_SECRET = "a-key-for-tests", "LTAI-test", "a secret"


class Shop:
    """``url`` of a server, and ``buyer(name)``: a buyer with the demo orders, and the number of the T-shirts' order."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._orders = SqlOrders(make_engine(f"sqlite:///{folder / 'shaofa.db'}"))

    def buyer(self, name: str) -> str:
        seed(self._orders, name, now())
        orders = self._orders.recent(name, 100)
        return next(order.order_id for order in orders if any("T恤" in line.title for line in order.lines))

    def openai(self, *arguments: str, key: str = KEY, base: str = "/v1") -> list[dict[str, Any]]:
        return talk("openai_talk.py", "--url", f"{self.url}{base}", "--key", key, *arguments)

    def alime_2017(self, *arguments: str, secret: str = ALIME_SECRET) -> list[dict[str, Any]]:
        at = urlsplit(self.url)
        who = ("--host", str(at.hostname), "--port", str(at.port), "--id", ALIME_ID, "--secret", secret)
        return talk("alime_2017_talk.py", *who, *arguments)

    def alime(self, *arguments: str, key_id: str = ALIME_ID, secret: str = ALIME_SECRET) -> list[dict[str, Any]]:
        endpoint = self.url.removeprefix("http://")
        return talk("alime_talk.py", "--endpoint", endpoint, "--id", key_id, "--secret", secret, *arguments)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("sdks")
    keys = {"SHAOFA_API_KEY": KEY, "SHAOFA_ALIME_KEY_ID": ALIME_ID, "SHAOFA_ALIME_KEY_SECRET": ALIME_SECRET}
    with serve(folder, **keys) as url:
        yield Shop(url, folder)


# --- OpenAI ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("base", ["/v1", ""])
def test_openai_from_complaint_to_agreement(shop: Shop, stream: bool, base: str) -> None:
    buyer = f"agrees-{stream}-{base}"
    order = shop.buyer(buyer)
    how = ["--stream"] if stream else []
    said = ["少了一件", "2", "①"]
    offer, other, agreed = shop.openai("--user", buyer, "--order", order, *how, *said, base=base)
    assert offer["content"].endswith("\n1. 接受\n2. 换个方案")
    assert offer["shaofa"]["claim"]["offer"]["remedy"] == "reship"
    assert other["shaofa"]["claim"]["offer"] == {"remedy": "refund", "amount_fen": 3656}
    assert agreed["shaofa"]["claim"]["state"] == "agreed" and agreed["shaofa"]["claim"]["order_id"] == order
    assert agreed["shaofa"]["claim"]["settlement"]["refund_fen"] == 3656
    for answer in (offer, other, agreed):
        assert answer["finish_reason"] == "stop" and answer["usage"] > 0
        assert answer["shaofa"]["decision"] == "send" and answer["shaofa"]["handoff"] is None


@pytest.mark.parametrize("how", [[], ["--stream"]])
def test_openai_is_handed_over_and_then_silent(shop: Shop, how: list[str]) -> None:
    buyer = f"person-{how}"
    order = shop.buyer(buyer)
    _, handed, silent = shop.openai("--user", buyer, "--order", order, *how, "少了一件", "转人工", "在吗")
    assert handed["content"] and handed["shaofa"]["decision"] == "handoff"
    assert handed["shaofa"]["handoff"]["reason"] == "user_requested" and order in handed["shaofa"]["handoff"]["summary"]
    assert "登记号" in silent["content"] and "tool_calls" not in silent


def test_openai_a_picture_is_evidence(shop: Shop, tmp_path: Path) -> None:
    order = shop.buyer("photographer")
    picture = tmp_path / "photo.jpg"
    Image.new("RGB", (64, 48), (10, 90, 120)).save(picture, "JPEG")
    who = ["--user", "photographer", "--order", order]
    (asked,) = shop.openai(*who, "少发了俩")
    assert {"kind": "photo", "status": "requested"} in asked["shaofa"]["claim"]["evidence"]
    (seen,) = shop.openai(*who, "--picture", str(picture), "照片发你了")
    assert {"kind": "photo", "status": "received"} in seen["shaofa"]["claim"]["evidence"]


def test_openai_another_buyers_order_is_not_shown(shop: Shop) -> None:
    order = shop.buyer("owner")
    shop.buyer("stranger")
    (answer,) = shop.openai("--user", "stranger", "--order", order, f"订单{order}少发了")
    assert "没查到" in answer["content"] and answer["shaofa"]["claim"]["order_id"] is None


def test_openai_a_retry_gets_the_same_answer(shop: Shop) -> None:
    who = ["--user", "retries", "--order", shop.buyer("retries")]
    shop.openai(*who, "少了一件")
    first, second = (shop.openai(*who, "--retry-key", "once", "换个方案") for _ in range(2))
    assert first == second and first[0]["shaofa"]["claim"]["offer"]["remedy"] == "refund"


def test_openai_who_names_nobody_types_the_order(shop: Shop) -> None:
    order = shop.buyer("nameless")
    who = ["--model", "shaofa-short"]
    asked, offer, agreed = shop.openai(*who, "在吗", f"订单号{order}少了一件T恤", "1")
    assert asked["shaofa"]["claim"] is None
    assert offer["shaofa"]["claim"]["order_id"] == order and offer["content"].endswith("回复1接受 2换个方案")
    assert agreed["shaofa"]["claim"]["state"] == "agreed"
    assert all(len(answer["content"]) <= 80 for answer in (asked, offer, agreed))


def test_openai_a_suggestion_counts_for_nothing(shop: Shop) -> None:
    order = shop.buyer("looks")
    said = ["--user", "looks", "--order", order, "少了一件", "1"]
    assert shop.openai("--model", "shaofa-suggest", *said)[1]["shaofa"]["claim"]["state"] == "agreed"
    (first, _) = shop.openai(*said)
    assert first["shaofa"]["claim"]["state"] == "offered"  # nothing of it was there


@pytest.mark.parametrize("how", ["whole", "stream"])
def test_openai_in_node(shop: Shop, how: str) -> None:
    buyer = f"node-{how}"
    order = shop.buyer(buyer)
    call = ["openai_talk.mjs", f"{shop.url}/v1", KEY]
    offer, agreed = talk_in_node(*call, "shaofa", buyer, how, f"订单{order}少了一件T恤", "1")
    assert offer["content"].endswith("\n1. 接受\n2. 换个方案") and agreed["content"].startswith("定了：")
    (unknown,) = talk_in_node(*call, "gpt-5", buyer, how, "在吗")
    assert (unknown["status"], unknown["code"]) == (404, "model_not_found")


def test_openai_errors_are_the_sdks_own(shop: Shop) -> None:
    assert shop.openai("--models", "--responses")[0] == {
        "models": ["shaofa", "shaofa-short", "shaofa-40", "shaofa-suggest"]
    }
    refused = [
        shop.openai("--models", "--responses")[1],
        shop.openai("在吗", key="wrong")[0],
        shop.openai("--model", "gpt-5", "在吗")[0],
    ]
    assert [(error["status"], error["code"]) for error in refused] == [
        (404, "not_found"),
        (401, "invalid_api_key"),
        (404, "model_not_found"),
    ]
    assert "/v1/chat/completions" in refused[0]["message"]


# --- 小蜜 -----------------------------------------------------------------------------------------


def test_alime_from_complaint_to_agreement(shop: Shop) -> None:
    order = shop.buyer("clicks")
    greeting, offer, other, agreed = shop.alime(
        "--begin", "--sender", "clicks", "--order", order, "少了一件", "@换个方案", "@接受"
    )
    assert "机器人" in greeting["welcome"]
    assert "补发" in offer["said"][-1] and offer["recommends"] == ["接受", "换个方案"]
    assert "36.56元" in other["said"][-1] and other["recommends"] == ["接受", "换个方案"]
    assert agreed["said"][-1].startswith("定了：退您36.56元") and agreed["recommends"] == []
    assert len({answer["session_id"] for answer in (offer, other, agreed)}) == 1
    assert len({answer["request_id"] for answer in (offer, other, agreed)}) == 3


def test_alime_is_handed_over_and_then_silent(shop: Shop) -> None:
    order = shop.buyer("calls")
    _, handed, silent = shop.alime("--sender", "calls", "--order", order, "少了一件", "转人工", "在吗")
    assert handed["said"] and handed["to_agent"]["toAgentReason"] == "user_requested"
    assert order in handed["to_agent"]["ext"] and set(handed["to_agent"]) == {"skillGroup", "ext", "toAgentReason"}
    assert (
        all("登记号" in said for said in silent["said"]) and silent["recommends"] == [] and silent["to_agent"] is None
    )


def test_alime_errors_are_the_sdks_own(shop: Shop) -> None:
    (wrong_secret,) = shop.alime("在吗", secret="wrong")
    assert (wrong_secret["status"], wrong_secret["code"]) == (400, "SignatureDoesNotMatch")
    (unknown,) = shop.alime("在吗", key_id="LTAI-other")
    assert (unknown["status"], unknown["code"]) == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_alime_by_node_from_complaint_to_a_person(shop: Shop) -> None:
    at, order = shop.url.removeprefix("http://"), shop.buyer("node")
    who = (at, ALIME_ID, ALIME_SECRET, "node", order)
    answers = talk_in_node("alime_talk.cjs", *who, "少了一件", "@接受", "转人工")
    assert len(answers) == 3, answers
    offer, agreed, person = answers
    assert "补发" in offer["said"][-1] and offer["recommends"] == ["接受", "换个方案"]
    assert agreed["said"][-1].startswith("定了：补发") and not agreed["to_agent"]
    assert person["to_agent"]
    (refused,) = talk_in_node("alime_talk.cjs", at, ALIME_ID, "wrong", "node", order, "在吗")
    assert refused["code"] == "SignatureDoesNotMatch"


def test_alime_of_2017_from_complaint_to_agreement(shop: Shop) -> None:
    order = shop.buyer("older")
    offer, agreed, person = shop.alime_2017("--sender", "older", "--order", order, "少了一件", "@接受", "转人工")
    assert "补发" in offer["said"][-1] and offer["recommends"] == ["接受", "换个方案"]
    assert agreed["said"][-1].startswith("定了：补发") and agreed["recommends"] == []
    assert person["to_agent"] and not offer["to_agent"]
    (refused,) = shop.alime_2017("在吗", secret="wrong")
    assert refused == {"status": 400, "code": "SignatureDoesNotMatch"}


# --- the neutral API ------------------------------------------------------------------------------


def test_the_described_api_keeps_its_word_whatever_comes(shop: Shop) -> None:
    """schemathesis makes up requests, valid and not, and goes on from what came back."""
    command = [
        ensure().with_name("schemathesis"),
        "run",
        f"{shop.url}/openapi.json",
        *("--header", f"Authorization: Bearer {KEY}"),
        *(
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ),
        *("--phases", "examples,fuzzing,stateful", "--max-examples", "8", "--generation-deterministic"),
        *("--suppress-health-check", "all", "--request-timeout", "60"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
