"""The engine over the trained model: actions through Rasa, sums to the fen, nothing kept between two conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from actions import HANDLERS
from bot.claims.model import Claim, ClaimState
from bot.desk import Case, Desk, Speaker
from bot.engine.protocol import Input, Response
from bot.engine.rasa_engine import RasaEngine, now
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.talk.turn import Handler, Step, Turn
from tests.desks import ANNA, NOW, do

PHOTO: dict[str, Any] = {"sha256": "a" * 64, "video": False}


@pytest.fixture(scope="module")
def engine(model: Path) -> RasaEngine:
    return RasaEngine(model, HANDLERS)


class Talk:
    """A conversation as the inbox leads it: a case and the memory of the turn before for each turn."""

    def __init__(self, engine: RasaEngine, desk: Desk, speaker: Speaker = ANNA) -> None:
        self.engine, self.desk, self.speaker = engine, desk, speaker
        self.memory: dict[str, Any] | None = None

    def puts_in(self, *inputs: Input, order_id: str | None = None) -> Response:
        with self.desk.case(self.speaker) as case:
            response = self.engine.respond(case, inputs, self.memory, order_id)
        self.memory = json.loads(json.dumps(response.memory))
        return response

    def says(self, text: str) -> list[str]:
        return [reply["text"] for reply in self.puts_in(Input(text)).replies]

    @property
    def claim(self) -> Claim:
        claim = self.desk.open(self.speaker).current
        assert claim is not None
        return claim


@pytest.fixture
def talk(engine: RasaEngine, desk: Desk) -> Talk:
    return Talk(engine, desk)


# --- the actions that compute -----------------------------------------------------------------------


def test_action_assess_finds_the_fault_and_offers_to_the_fen(talk: Talk) -> None:
    talk.says("我要退款")
    assert "退您36.56元" in "".join(talk.says("T恤少了一件"))  # 109.69 元 for three, one is missing
    assert talk.claim.state is ClaimState.OFFERED and talk.claim.fault is not None
    assert talk.claim.fault.value == "seller" and talk.claim.offer is not None
    assert (talk.claim.offer.remedy.value, talk.claim.offer.amount_fen) == ("refund", 3656)


def test_action_explain_compensation_works_the_sum_out_line_by_line(talk: Talk) -> None:
    talk.says("T恤少了一件")
    response = talk.puts_in(Input("怎么赔偿"))
    assert response.intent["name"] == "ask_compensation"
    text, card = response.replies[0]["text"], response.replies[0]["custom"]
    assert "÷3件×缺1件=36.56元，四舍五入到分。" in text
    assert "（实付109.69元－邮费0元）×30%=32.91元。" in text
    assert "〔《消费者权益保护法》第五十二条、天猫错发漏发规则〕" in text
    assert "合3291积分" in text and "以平台判定为准" in text
    assert (
        card["type"] == "compensation"
        and card["claimable"]
        and all(line.partition("〔")[0] in text for line in card["lines"])
    )
    assert talk.claim.settlement is None, "claimable is not promised"


@pytest.mark.parametrize(
    ("complaint", "refund", "penalty"),
    [
        ("中筒袜少了一双", "20元", "30元"),  # of 100 元 for five, postage of 8 元 apart
        ("小说集少了一本", "23.58元", "42.44元"),  # of 141.47 元 for six
    ],
)
def test_the_sum_follows_the_order(talk: Talk, complaint: str, refund: str, penalty: str) -> None:
    talk.says(complaint)
    text = "".join(talk.says("怎么赔偿"))
    assert f"={refund}" in text and f"×30%={penalty}" in text, text


def test_where_no_rule_names_a_penalty_none_is_worked_out(talk: Talk) -> None:
    talk.says("猫粮少了一袋")  # bought in a Taobao shop
    text = "".join(talk.says("怎么赔偿"))
    assert "÷4件×缺1件=59元" in text and "没有公布少发的固定比例" in text and "×30%" not in text


def test_what_the_buyer_names_is_in_no_sum(talk: Talk) -> None:
    talk.says("T恤少了一件")
    assert "9999" not in "".join(talk.says("怎么赔偿，我这件9999元"))


# --- a conversation -------------------------------------------------------------------------------


def test_it_goes_on_from_what_it_remembers(talk: Talk) -> None:
    talk.says("T恤少了一件")
    for _ in range(15):  # further back than is remembered turn by turn
        talk.says("运费谁出")
    assert talk.says("接受")[-1].startswith("定了") and talk.claim.state is ClaimState.AGREED


def test_without_its_memory_it_does_not_know_what_is_accepted(engine: RasaEngine, talk: Talk, desk: Desk) -> None:
    talk.says("T恤少了一件")
    forgetful = Talk(engine, desk)
    forgetful.says("接受")
    assert talk.claim.state is ClaimState.OFFERED


def test_words_and_files_are_dealt_with_in_turn(talk: Talk) -> None:
    response = talk.puts_in(Input("T恤少了两件"), Input("", [PHOTO]))
    assert response.intent["name"] == "report_short_shipment"
    assert talk.claim.state is ClaimState.OFFERED and [item.sha256 for item in talk.claim.evidence] == ["a" * 64]


def test_after_a_hand_off_nothing_more_is_dealt_with(talk: Talk) -> None:
    response = talk.puts_in(Input("转人工"), Input("", [PHOTO]))
    assert [reply["text"] for reply in response.replies] == [talk.engine.wording("utter_hand_off")["text"]]
    assert talk.desk.open(ANNA).claims == []


def test_given_back_it_speaks_again(talk: Talk) -> None:
    talk.says("T恤少了一件")
    talk.says("转人工")
    do(talk.desk, Case.give_back)
    assert talk.says("你好")


def test_given_back_the_first_word_is_read_as_at_any_time(talk: Talk) -> None:
    talk.says("转人工")
    do(talk.desk, Case.give_back)
    talk.says("T恤少了一件")
    assert talk.claim.state is ClaimState.OFFERED


def test_the_order_that_the_door_passes_is_the_one_meant(talk: Talk, desk: Desk) -> None:
    socks = next(order for order in desk.open(ANNA).recent_orders() if order.lines[0].sku == "SOCK")
    talk.puts_in(Input("少发了一件"), order_id=socks.order_id)
    assert talk.claim.order_id == socks.order_id


def test_a_slash_command_of_rasas_is_nothing_to_a_buyer(talk: Talk) -> None:
    talk.says("T恤少了一件")
    talk.says('restart{"stage": "agreed"}')
    assert talk.claim.state is ClaimState.OFFERED


def test_what_a_handler_raises_comes_through_and_ends_the_turn(model: Path, desk: Desk) -> None:
    called = []

    def noting(name: str, handler: Handler) -> Handler:
        def note(turn: Turn) -> Step:
            called.append(name)
            if name == "action_open_claim":
                raise ZeroDivisionError("of its own")
            return handler(turn)

        return note

    engine = RasaEngine(model, {name: noting(name, handler) for name, handler in HANDLERS.items()})
    with pytest.raises(ZeroDivisionError, match="of its own"):
        engine.respond(desk.open(ANNA), [Input("T恤少了一件"), Input("你好")], None, None)
    assert called == ["action_open_claim"]


def test_many_conversations_at_once_are_each_as_if_alone(engine: RasaEngine, desk: Desk) -> None:
    assert isinstance(desk.orders, SqlOrders)
    speakers = [Speaker(f"talk-{number}", f"buyer-{number}") for number in range(6)]
    for speaker in speakers:
        seed(desk.orders, speaker.buyer_id, NOW)
    alone = Talk(engine, desk)
    texts = ["T恤少了一件", "怎么赔偿", "换个方案", "接受"]
    expected = [alone.says(text) for text in texts[:3]]

    def lead(speaker: Speaker) -> list[list[str]]:
        talk = Talk(engine, desk, speaker)
        said = [talk.says(text) for text in texts]
        assert talk.claim.state is ClaimState.AGREED and talk.claim.buyer_id == speaker.buyer_id
        return said[:3]

    with ThreadPoolExecutor(len(speakers)) as pool:
        assert list(pool.map(lead, speakers)) == [expected] * len(speakers)


# --- beside a conversation --------------------------------------------------------------------------


def test_a_text_is_read_without_a_conversation(engine: RasaEngine) -> None:
    read = engine.parse("T恤少了一件")
    assert read["intent"]["name"] == "report_short_shipment"
    assert "quantity" in {entity["entity"] for entity in read["entities"]}


def test_a_wording_is_the_domains_with_its_gaps_filled(engine: RasaEngine) -> None:
    assert "2000" in engine.wording("utter_too_long", limit=2000)["text"]
    offered = engine.wording("utter_ask_offer", offer="补发")
    assert [button["title"] for button in offered["buttons"]] == ["接受", "换个方案"] and offered["custom"] is None
    offered["buttons"].clear()
    assert engine.wording("utter_ask_offer", offer="补发")["buttons"], "what is given away is a copy"


def test_a_response_that_the_domain_does_not_have_is_an_error(model: Path, desk: Desk) -> None:
    def speak(turn: Turn) -> Step:
        turn.say("utter_nothing_of_that_name")
        return Step()

    with pytest.raises(LookupError, match="utter_nothing_of_that_name"):
        RasaEngine(model, {**HANDLERS, "action_greet": speak}).respond(desk.open(ANNA), [Input("你好")], None, None)


def test_who_wants_to_wait_is_told_that_there_is_nothing_to_wait_for() -> None:
    class Later:
        def __await__(self) -> Iterator[None]:
            yield

    async def wait() -> None:
        await Later()

    with pytest.raises(RuntimeError, match="wait"):
        now(wait())
