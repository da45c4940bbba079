"""A complaint is heard wherever in the message it stands; what is said besides is not lost."""

from __future__ import annotations

from typing import Any

import pytest

from bot.understanding.intents import COMPLAINT, FALLBACK, PLATFORM, Context, Understood, understand


def parsed(
    text: str, name: str | None, confidence: float, complaint: float, *clauses: dict[str, Any]
) -> dict[str, Any]:
    intent = {"name": name, "confidence": confidence}
    ranking = [intent, {"name": COMPLAINT, "confidence": complaint}]
    return {"text": text, "intent": intent, "intent_ranking": ranking if name else [], "clauses": list(clauses)}


def clause(name: str, confidence: float) -> dict[str, Any]:
    guess = {"name": name, "confidence": confidence}
    return {"text": "…", "intent": name, "confidence": confidence, "intent_ranking": [guess]}


def test_a_complaint_in_passing_is_found() -> None:
    whole = parsed("书很好，物流也快，就是书签没给", "praise", 0.6, 0.2, clause("praise", 0.6), clause(COMPLAINT, 0.97))
    assert understand(whole) == Understood(COMPLAINT, pytest.approx(0.636, abs=0.001))


def test_a_complaint_that_no_clause_makes_by_itself_is_found() -> None:
    whole = parsed("赠品页面上有，没有发给我", COMPLAINT, 0.9, 0.9, clause("praise", 0.6), clause(COMPLAINT, 0.1))
    assert understand(whole) == Understood(COMPLAINT, pytest.approx(0.608, abs=0.001))


def test_a_clause_that_is_not_sure_changes_nothing() -> None:
    whole = parsed("书很好，物流也快，就是书签没给", "praise", 0.6, 0.1, clause("praise", 0.6), clause(COMPLAINT, 0.6))
    assert understand(whole) == Understood("praise", 0.6)


def test_a_message_that_only_looks_like_a_complaint_is_asked_about() -> None:
    whole = parsed(
        "两个都是好的，就是小了点", COMPLAINT, 0.5, 0.5, clause("praise", 0.6), clause("report_quality", 0.7)
    )
    assert understand(whole) == Understood(FALLBACK, pytest.approx(0.863, abs=0.001))


def test_what_is_said_besides_the_complaint_is_not_lost() -> None:
    clauses = (clause(COMPLAINT, 0.9), clause("request_refund", 0.95), clause("threaten_review", 0.5))
    whole = parsed("少发了两件，给我退款，不然差评", COMPLAINT, 0.7, 0.7, *clauses)
    assert understand(whole) == Understood(COMPLAINT, pytest.approx(0.801, abs=0.001), ("request_refund",))


def test_what_is_said_twice_is_said_once() -> None:
    whole = parsed(
        "退款，退款，太差了", "vent_anger", 0.9, 0, clause("request_refund", 0.9), clause("request_refund", 0.95)
    )
    assert understand(whole).also == ("request_refund",)


@pytest.mark.parametrize(
    ("name", "chance", "heard"),
    [
        ("vent_anger", 0.02, COMPLAINT),
        ("report_quality", 0.3, COMPLAINT),
        ("report_quality", 0.1, "report_quality"),  # 七个桃只有两个甜
    ],
)
def test_fewer_than_were_ordered_make_a_complaint_of_what_the_words_leave_open(
    name: str, chance: float, heard: str
) -> None:
    counts = {"ordered": 5, "received": 4, "missing": 1}
    entities = [{"entity": "quantity", "role": role, "value": value} for role, value in counts.items()]
    assert understand({**parsed("五双四双", name, 0.6, chance), "entities": entities}).intent == heard


def test_a_thing_that_is_missing_is_heard_in_a_doubtful_question() -> None:
    asked = parsed("送的日历没得喃 要等到啥时候", "ask_time_limit", 0.45, 0.3)
    assert understand(asked) == Understood(COMPLAINT, 0.5)
    assert understand({**asked, "text": "还要等到啥时候"}).intent == "ask_time_limit"


def test_a_message_of_one_clause_is_what_the_classifier_says() -> None:
    assert understand(parsed("谢谢", "thanks", 0.9, 0.0)) == Understood("thanks", 0.9)
    assert understand(parsed("少发了", COMPLAINT, 0.8, 0.8)) == Understood(COMPLAINT, 0.8)


def test_a_bare_link_says_nothing() -> None:
    assert understand(parsed("https://t.cn/shaofa", COMPLAINT, 0.9, 0.9)) == Understood(None, 0.0)


def undecided(*guesses: tuple[str, float]) -> dict[str, Any]:
    """As FallbackClassifier leaves it."""
    ranking = [{"name": name, "confidence": confidence} for name, confidence in ((FALLBACK, 0.3), *guesses)]
    return {"text": "那个盖子3", "intent": ranking[0], "intent_ranking": ranking, "clauses": []}


def test_an_undecided_message_is_the_answer_to_what_was_asked() -> None:
    message = undecided(("praise", 0.41), ("give_item", 0.4), ("give_quantity", 0.1))
    assert understand(message, Context(asked="item")) == Understood("give_item", 0.4)
    assert understand(message, Context(asked="missing")).intent == FALLBACK  # nothing is likely enough
    assert understand(message, Context()).intent == FALLBACK
    assert understand({**message, "intent_ranking": []}, Context(asked="item")).intent == FALLBACK


def test_an_offer_is_neither_taken_nor_refused_by_a_guess() -> None:
    message = undecided(("accept_offer", 0.41), ("reject_offer", 0.4))
    assert understand(message, Context(stage="offered")).intent == FALLBACK


def test_what_only_looks_like_a_complaint_is_an_answer_where_one_is_due() -> None:
    whole = parsed("拍3包到2包", COMPLAINT, 0.45, 0.45)
    whole["intent_ranking"].insert(1, {"name": "give_quantity", "confidence": 0.4})
    assert understand(whole, Context(asked="missing")).intent == "give_quantity"
    assert understand(whole).intent == FALLBACK


@pytest.mark.parametrize(
    "nothing", [{"text": ""}, {"text": "🙂", "intent": None, "intent_ranking": None, "clauses": None}]
)
def test_nothing_known(nothing: dict[str, Any]) -> None:
    assert understand(nothing) == Understood(None, 0.0)


def test_that_the_platform_has_stepped_in_goes_before_all_else() -> None:
    clauses = (clause(COMPLAINT, 0.97), clause(PLATFORM, 0.9))
    whole = parsed("少了一件，小二已经介入了", COMPLAINT, 0.8, 0.8, *clauses)
    assert understand(whole) == Understood(PLATFORM, 0.9, (COMPLAINT,))
    undecided_whole = parsed("嗯哪，小二已经介入了", FALLBACK, 0.3, 0.1, clause(FALLBACK, 0.3), clause(PLATFORM, 0.95))
    assert understand(undecided_whole) == Understood(PLATFORM, 0.95)
    unsure = parsed("少了一件，小二介入", COMPLAINT, 0.8, 0.8, clause(COMPLAINT, 0.97), clause(PLATFORM, 0.8))
    assert understand(unsure).intent == COMPLAINT


def test_who_calls_for_a_person_is_heard_whatever_else_answers_the_question() -> None:
    calls = parsed(
        "照片没拍，转人工", "no_evidence", 0.9, 0.0, clause("no_evidence", 0.9), clause("request_human", 0.99)
    )
    assert "request_human" in understand(calls, Context(asked="evidence")).also
    plain = parsed("手机没电了", "out_of_scope", 0.6, 0.0, clause("out_of_scope", 0.6))
    assert understand(plain, Context(asked="evidence")) == Understood("no_evidence", 1.0)


def test_little_pictures_answer_what_was_asked_and_name_nothing() -> None:
    assert understand(parsed("👍", "praise", 0.9, 0.0), Context(asked="evidence")) == Understood("affirm", 1.0)
    assert understand(parsed("😭😭", "give_item", 0.3, 0.0)) == Understood(FALLBACK, 1.0)
    assert understand(parsed("？？", "nudge", 0.9, 0.0)) == Understood("nudge", 0.9)


def test_a_shortage_named_in_anger_is_a_complaint() -> None:
    loud = parsed("什么破店！五双给四双", "vent_anger", 0.9, 0.01, clause("vent_anger", 0.9), clause(COMPLAINT, 0.9))
    assert understand(loud).intent == COMPLAINT
