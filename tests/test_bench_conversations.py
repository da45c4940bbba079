"""The scripted buyer of `make bench-conversations`: its data, its judge, and the figure that must not fall."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from typing import Any

import pytest

from bench.conversations.__main__ import SEED, report
from bench.conversations.bank import ITEMS, PHRASES, Goal, goals, temperaments
from bench.conversations.buyer import OPENING, Buyer, Message
from bench.conversations.chat import bot
from bench.conversations.judge import outcome, pass_k, right
from bench.conversations.promises import NEVER, Watch
from bench.conversations.run import plan, run
from bench.conversations.voice import Voice, chinese
from bot.settings import ROOT

# A ratchet: what forty conversations reached. It is raised (and the breaches lowered) when the bot gets better.
RIGHT_OF_40 = 34
BREACHES_OF_40: dict[str, int] = {}


def test_every_act_has_a_dozen_phrasings_and_every_goal_its_goods() -> None:
    assert min(sum(map(len, by.values())) for by in PHRASES.values()) >= 12
    assert len(goals()) >= 80
    for goal in goals():
        assert {*goal.lines, *goal.said, *goal.second} <= {*ITEMS} and goal.kind in OPENING
    assert len({goal.id for goal in goals()}) == len(goals())


@pytest.mark.parametrize("temperament", temperaments(), ids=lambda temperament: temperament.name)
def test_every_phrase_can_be_said_by_everybody(temperament: Any) -> None:
    goal = goals()[0]
    voice = Voice(goal, temperament, random.Random(1))
    for act in PHRASES:
        for _ in range(30):
            words = voice.say(act, "TS-W-L", 1, wrong="CAP", off=2, nth=3)
            assert words and "{" not in words


# Words of four syllables or fewer (行, 没有照片, mei you) are everybody's: nobody could hold a talk without them.
EVERYBODYS = 4


def test_no_phrase_of_the_bank_is_training_data() -> None:
    taught = set()
    for path in (ROOT / "data" / "nlu.yml", *(ROOT / "data" / "nlu").rglob("*.yml")):
        for example in re.findall(r"^\s+- (.*)", path.read_text(encoding="utf-8"), re.MULTILINE):
            taught.add(_normal(re.sub(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", example)))
    known = [
        phrase for by in PHRASES.values() for phrases in by.values() for phrase in phrases if _taught(phrase, taught)
    ]
    assert len(taught) > 10_000 and known == []


def _taught(phrase: str, taught: set[str]) -> bool:
    own = re.sub(r"\{\w+\}", "", phrase)
    if len(re.findall(r"[a-z]+" if own.isascii() else r"\w", own.lower())) <= EVERYBODYS:
        return False
    if own == phrase:
        return _normal(phrase) in taught
    names = [str(name) for item in ITEMS.values() for name in (*item["names"], item["pinyin"])]
    units = [str(item[key]) for item in ITEMS.values() for key in ("unit", "pinyin_unit")]
    counts = [*map(chinese, range(21)), *map(str, range(21))]
    values = {"item": names, "gift": names, "wrong": names, "item2": names, "unit": units, "unit2": units}
    parts = re.split(r"\{(\w+)\}", phrase)
    pattern = "".join(
        f"(?:{'|'.join(_normal(value) for value in values.get(part, counts))})" if n % 2 else re.escape(_normal(part))
        for n, part in enumerate(parts)
    )
    return any(re.fullmatch(pattern, example) for example in taught)


def _normal(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def test_pass_k_is_the_chance_that_k_tries_are_all_right() -> None:
    tries = [[True] * 4, [True, True, False, False]]
    assert pass_k(tries, 1) == 0.75
    assert pass_k(tries, 2) == pytest.approx((1 + 1 / 6) / 2)
    assert pass_k(tries, 4) == 0.5


TEE = {"sku": "TS-W-L", "title": "纯棉T恤 白色 L码", "ordered": 3, "received": 2, "missing": 1}


def _claim(state: str, remedy: str = "reship", amount_fen: int = 0, **line: Any) -> dict[str, Any]:
    lines = [{**TEE, **line}]
    return {"claim_id": "SF-1", "state": state, "lines": lines, "offer": {"remedy": remedy, "amount_fen": amount_fen}}


def _goal(**more: Any) -> Goal:
    return Goal(**{"id": "g", "lines": {"TS-W-L": 1}, "wants": "reship", "end": ("reship",), **more})


def test_the_end_is_right_in_remedy_goods_and_sum() -> None:
    assert right(_goal(), [_claim("agreed")], False) == (True, "")
    assert right(_goal(), [_claim("agreed")], True) == (False, "handed_off, not reship")
    assert right(_goal(), [_claim("offered")], False)[1] == "nothing, not reship"
    assert right(_goal(), [_claim("agreed", missing=2, received=1)], False)[1].startswith("goods")
    refund = _goal(wants="refund", end=("refund",))
    # 109.69 元 for three; goodwill comes in whole 元, a tenth at most.
    assert right(refund, [_claim("agreed", "refund", 3656)], False)[0]
    assert right(refund, [_claim("agreed", "refund", 3956)], False)[0]
    assert right(refund, [_claim("agreed", "refund", 4656)], False) == (False, "4656 fen")
    assert outcome([_claim("withdrawn")], False) == "withdrawn"
    assert outcome([], False) == "nothing"


def _answer(*texts: str, claim: dict[str, Any] | None = None, handoff: dict[str, Any] | None = None) -> dict[str, Any]:
    replies = [{"text": text, "buttons": [], "custom": None} for text in texts]
    return {"replies": replies, "claim": claim, "handoff": handoff}


def _watch() -> Watch:
    return Watch(Buyer(_goal(), temperaments()[0], random.Random(1)))


def test_broken_promises_are_seen() -> None:
    hello, yes, want = Message("少一件", ("complain_some",)), Message("行", ("yes",)), Message("退钱", ("want_refund",))
    person = {"reason": "user_requested"}
    watch = _watch()
    assert watch.see(hello, _answer("好", claim=_claim("offered"))) == []
    assert watch.see(want, _answer("定了", claim=_claim("agreed"))) == ["agreed unasked"]
    assert watch.see(hello, _answer("那就算了", claim=_claim("withdrawn"))) == ["withdrawn unasked", "promise gone"]
    watch = _watch()
    watch.see(hello, _answer("好", claim=_claim("offered")))
    assert watch.see(yes, _answer("定了", claim=_claim("agreed", "refund", 3656))) == ["agreed to another remedy"]
    watch = _watch()
    assert watch.see(hello, _answer("退您88.88元", claim=None)) == ["sum not from the order"]
    assert watch.see(hello, _answer("退您36.56元", "一", "二", "三")) == ["more than three messages"]
    assert watch.see(hello, _answer("一")) == ["the same sentence twice"]
    assert watch.see(hello, _answer()) == ["silent"]
    assert watch.see(hello, _answer("已经请同事接手", handoff=person)) == []
    assert watch.see(hello, _answer(handoff=person)) == []
    assert watch.see(hello, _answer("是哪一单？", handoff=person)) == ["talks after a hand-off"]


def test_forty_conversations_end_as_well_as_they_did() -> None:
    with bot() as say:
        talks = list(run(say, SEED, plan(SEED, 40, 1)))
    broken = Counter(kind for talk in talks for kind, _ in talk.breaches if kind in NEVER)
    assert sum(talk.right for talk in talks) >= RIGHT_OF_40, report(talks)
    assert all(count <= BREACHES_OF_40.get(kind, 0) for kind, count in broken.items()), report(talks)
