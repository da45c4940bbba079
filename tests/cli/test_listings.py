"""`shaofa conversations`, `claims`, `promises`, `offers`; and by which numbers `fulfil` and `give-back` find it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import office
from bot.claims.model import Claim
from bot.desk import Desk, facts, handoffs, offers
from bot.desk.case import Speaker
from bot.settings import settings
from bot.store import Author
from bot.understanding.intake import Heard
from tests.cli.calling import run_here
from tests.office import fresh

BUYER = "demo-anna-lee"
HERE = Speaker("talk-1", BUYER)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name, value in fresh(tmp_path).items():
        monkeypatch.setenv(name, value)
    for cached in (settings, office.desk, office.default_buyer):
        cached.cache_clear()
    office.sandbox(BUYER)
    yield office.desk()
    for cached in (settings, office.desk, office.default_buyer):
        cached.cache_clear()


@pytest.fixture
def agreed(desk: Desk) -> Claim:
    """One shirt of three is missing; a reship is promised, and a person has been asked for."""
    order = next(o for o in desk.orders.recent(BUYER, 100) if any("T恤" in line.title for line in o.lines))
    desk.store.log.append(HERE.conversation_id, Author.BUYER, {"text": "少一件"}, desk.clock())
    with desk.case(HERE) as case:
        claim = facts.hear(case, Heard("少一件", missing=1), None, order)[0]
        claim = offers.accept(case, offers.assess(case, claim).claim)
        handoffs.hand_off(case, "user_requested")
    return claim


def test_conversations_show_who_waits(desk: Desk, agreed: Claim, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_here(capsys, "conversations")
    assert code == 0 and out.split()[:7] == ["状态", "原因", "会话", "登记号", "买家", "缺件", "最后说话"]
    for shown in ("等同事", "买家要找人", "talk-1", agreed.claim_id, "de***ee", "纯棉T恤 白色 L码 少1"):
        assert shown in out
    assert BUYER not in out
    (row,) = json.loads(run_here(capsys, "conversations", agreed.claim_id, "--json")[1])
    assert (row["state"], row["reason"], row["claim_id"]) == ("waiting", "user_requested", agreed.claim_id)
    assert run_here(capsys, "conversations", "--state", "bot")[1] == "没有这样的会话\n"


def test_claims_are_found(desk: Desk, agreed: Claim, capsys: pytest.CaptureFixture[str]) -> None:
    assert agreed.order_id
    for search in (agreed.claim_id, agreed.order_id, agreed.order_id[-4:], "T恤", BUYER, "talk-1"):
        code, out, _ = run_here(capsys, "claims", search)
        assert code == 0 and agreed.claim_id in out and "补发" in out and BUYER not in out, search
    (claim,) = json.loads(run_here(capsys, "claims", "--state", "agreed", "--json")[1])
    assert (claim["claim_id"], claim["buyer"], claim["conversation_id"]) == (agreed.claim_id, "de***ee", "talk-1")
    assert run_here(capsys, "claims", "拖鞋")[1] == "没有这样的登记\n"


def test_promises_say_what_is_to_be_done_for_whom(
    desk: Desk, agreed: Claim, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run_here(capsys, "promises")[1]
    for shown in (
        "未到期",
        agreed.claim_id,
        "补发",
        "纯棉T恤 白色 L码 少1",
        agreed.order_id or "",
        "de***ee",
        "机器人",
    ):
        assert shown in out
    (promise,) = json.loads(run_here(capsys, "promises", "--json")[1])
    assert (promise["claim_id"], promise["remedy"], promise["is_broken"]) == (agreed.claim_id, "reship", False)


@pytest.mark.parametrize("by", ["claim", "conversation", "order"])
def test_what_is_done_is_marked_by_any_number_and_the_buyer_is_told(
    desk: Desk, agreed: Claim, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    number = {"claim": agreed.claim_id, "conversation": "talk-1", "order": agreed.order_id or ""}[by]
    code, out, _ = run_here(capsys, "fulfil", number, "--carrier", "顺丰", "--number", "SF1234567890", "--by", "小李")
    assert code == 0
    assert out == f"{agreed.claim_id} 已办好：补发，纯棉T恤 白色 L码 少1，买家de***ee，顺丰单号SF1234567890\n"
    kept = desk.store.claims.get(agreed.claim_id)
    assert kept is not None and kept.promise is not None and kept.promise.number == "SF1234567890"
    last = desk.store.log.last("talk-1", Author.BOT)
    assert last is not None and last.text == "说好的补发寄出了，顺丰单号SF1234567890，过一天就能查到。"
    assert run_here(capsys, "fulfil", number) == (1, "", f"shaofa: {agreed.claim_id} 之前已经办好了\n")
    assert run_here(capsys, "promises")[1] == "没有要办的\n"


@pytest.mark.parametrize("by", ["case", "conversation", "order"])
def test_a_conversation_is_given_back_by_any_number(
    desk: Desk, agreed: Claim, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    number = {"case": agreed.claim_id, "conversation": "talk-1", "order": agreed.order_id or ""}[by]
    code, out, _ = run_here(capsys, "give-back", number, "--by", "小李")
    assert code == 0 and out.startswith("talk-1 已经问买家")
    last = desk.store.log.last("talk-1", Author.BOT)
    assert last is not None and last.text == "小李说后面的可以由我接着办，您看行吗？"
    assert run_here(capsys, "give-back", number) == (1, "", f"shaofa: 会话 {number} 已经问过买家，等买家答应\n")


def test_offers_stop_and_go_on_without_a_restart(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert "机器人自己给" in run_here(capsys, "offers", "show")[1]
    assert "已暂停，都请同事来定" in run_here(capsys, "offers", "pause")[1]
    assert "已暂停" in run_here(capsys, "offers", "confirm")[1]
    assert "每笔都要同事点头" in run_here(capsys, "offers", "resume")[1]
    assert "限额内机器人自己定" in run_here(capsys, "offers", "trust")[1]


@pytest.mark.parametrize("wrong", [("offers",), ("claims", "--state", "lost"), ("conversations", "--limit", "many")])
def test_bad_usage(capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_here(capsys, *wrong)
    assert exit_.value.code == 2
