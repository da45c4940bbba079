"""The door of a Chatwoot agent bot, point by point of its contract."""

from __future__ import annotations

import time
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from bot.desk import Case
from bot.desk.handoffs import hand_off
from bot.store import Author
from tests.doors.chatwoot.conftest import House
from tests.doors.chatwoot.fake import SECRET

BUTTONS = [{"title": "接受", "payload": "接受"}, {"title": "换个方案", "payload": "换个方案"}]


def hands_over(reason: str = "user_requested") -> Any:
    return lambda case: case.handoff or hand_off(case, reason)


def offers(house: House) -> None:
    """From now on every answer has two buttons."""
    answer = house.engine.respond

    def respond(case: Case, *given: Any) -> Any:
        response = answer(case, *given)
        response.replies[-1]["buttons"] = BUTTONS
        return response

    house.engine.respond = respond  # type: ignore[method-assign]


# --- who calls ------------------------------------------------------------------------------------


def test_a_message_is_answered_by_the_api(house: House) -> None:
    assert house.say(1, "少了一件") == 200
    assert house.there.conversations[1].public() == ["echo: 少了一件"]
    assert house.states() == {"sent": 1}


@pytest.mark.parametrize(
    "how", [{"secret": "another"}, {"at": time.time() - 400}, {"at": time.time() + 400}], ids=["forged", "old", "early"]
)
def test_what_is_not_signed_by_chatwoot_now_is_refused(house: House, how: dict[str, Any]) -> None:
    assert house.post(house.there.said(1, "在吗"), **how) == 401
    assert house.store.threads.behind() == [] and house.store.conversations.unanswered() == []


def test_an_old_server_shows_the_secret_in_the_path(house: House) -> None:
    event = house.there.said(1, "在吗")
    assert house.client.post("/v1/chatwoot/webhook", json=event).status_code == 401
    assert house.client.post("/v1/chatwoot/webhook/wrong", json=event).status_code == 401
    assert house.client.post(f"/v1/chatwoot/webhook/{SECRET}", json=event).status_code == 200
    house.work()
    assert house.there.conversations[1].public() == ["echo: 在吗"]


def test_the_refusal_says_what_to_do(house: House) -> None:
    answer = house.client.post("/v1/chatwoot/webhook", json=house.there.said(1, "在吗"))
    assert "/v1/chatwoot/webhook/" in answer.json()["error"]["message"]


# --- what is acted on -----------------------------------------------------------------------------


def test_the_same_delivery_again_changes_nothing(house: House) -> None:
    event = house.there.said(1, "少了一件")
    for _ in range(3):
        house.post(event)
        house.work()
    assert house.there.conversations[1].public() == ["echo: 少了一件"]


def test_it_never_greets_and_hears_only_the_buyer(house: House) -> None:
    there = house.there
    for event in (
        there.event("conversation_opened", 1),
        there.event("webwidget_triggered", 1),
        there.typed(1, "内部", private=True),
        there.event("message_created", 1, {"id": 5, "content": "x", "message_type": "activity"}),
        there.event("message_created", 1, {"id": 6, "content": "x", "message_type": "template"}),
        {"event": "message_created", "id": "nonsense"},
        {},
    ):
        assert house.post(event) == 200
    house.work()
    assert there.conversations[1].calls == [] and house.store.threads.at("chatwoot:3.1") == []


def test_a_conversation_that_people_have_is_none_of_the_bots(house: House) -> None:
    house.there.conversations[1].status = "open"
    house.say(1, "在吗")
    assert house.there.conversations[1].calls == []


def test_the_buyer_is_the_contacts_identifier(house: House) -> None:
    buyers: list[str] = []
    house.engine.during = lambda case: buyers.append(case.speaker.buyer_id)
    house.say(1, "少了一件")
    house.there.conversations[2].identifier = None
    house.say(2, "少了一件")
    (nobody,) = house.store.threads.at("chatwoot:3.2")
    assert buyers == ["anna", nobody.conversation_id], "who is not known has no orders"


def test_another_buyer_in_the_same_place_speaks_in_another_conversation(house: House) -> None:
    house.say(1, "一")
    house.there.conversations[1].identifier = "ben"
    house.say(1, "二")
    first, second = house.store.threads.at("chatwoot:3.1")
    assert (first.buyer_id, second.buyer_id) == ("anna", "ben") and first.ended_at and not second.ended_at


# --- choices --------------------------------------------------------------------------------------


def test_buttons_are_a_list_to_choose_from_and_a_click_comes_back(house: House) -> None:
    offers(house)
    house.say(1, "少了一件")
    message = house.there.conversations[1].messages[-1]
    items = [{"title": each["title"], "value": each["payload"]} for each in BUTTONS]
    assert (message["content_type"], message["content_attributes"]) == ("input_select", {"items": items})
    for _ in range(2):
        house.post(house.there.clicked(1, message, "接受"))
        house.work()
    assert house.there.conversations[1].public()[1:] == ["echo: 接受"]


def test_a_click_on_an_old_list_agrees_to_nothing(house: House) -> None:
    offers(house)
    house.say(1, "少了一件")
    old = house.there.conversations[1].messages[-1]
    house.say(1, "不要补发")
    house.post(house.there.clicked(1, old, "接受"))
    house.work()
    assert house.there.conversations[1].public() == ["echo: 少了一件", "echo: 不要补发"]


def test_elsewhere_they_are_numbered_and_a_number_is_understood(house: House) -> None:
    offers(house)
    house.there.conversations[1].channel = "Channel::Sms"
    house.say(1, "少了一件")
    house.say(1, "①")
    assert house.there.conversations[1].public() == [
        "echo: 少了一件\n1. 接受\n2. 换个方案",
        "echo: 接受\n1. 接受\n2. 换个方案",
    ]
    assert all("source_id" not in each for each in house.there.conversations[1].messages), "it would not be passed on"


# --- hand-off -------------------------------------------------------------------------------------


def test_a_hand_off_comes_in_the_right_order_and_takes_nothing_of_others_away(house: House) -> None:
    house.engine.during = hands_over("angry")
    house.say(1, "13812345678 找人来")
    it = house.there.conversations[1]
    assert it.calls[-5:] == ["note", "custom_attributes", "labels", "toggle_priority", "toggle_status"]
    assert set(it.calls[:-5]) == {"message"} and it.status == "open"
    assert it.attributes["vip"] == "yes" and it.attributes["shaofa_reason"] == "买家生气并要找人"
    assert it.labels == ["老客户", "少发转人工"]
    (note,) = [each["content"] for each in it.messages if each["private"]]
    assert it.attributes["shaofa_case"] in note and "13812345678" not in note


def test_what_an_old_server_does_not_let_a_bot_do_stops_no_hand_off(house: House) -> None:
    house.there.may = {"messages", "custom_attributes", "toggle_status"}
    house.engine.during = hands_over("angry")
    house.say(1, "找人来")
    assert house.there.conversations[1].status == "open" and set(house.states()) == {"sent"}


def test_silent_while_people_have_it_and_all_is_kept(house: House) -> None:
    house.engine.during = hands_over()
    house.say(1, "找人来")
    before = len(house.there.conversations[1].calls)
    house.later(10)
    house.say(1, "人呢")
    assert len(house.there.conversations[1].calls) == before and not house.store.conversations.unanswered()
    (thread,) = house.store.threads.at("chatwoot:3.1")
    said = [entry.text for entry in house.inbox.log.after(thread.conversation_id) if entry.author is Author.BUYER]
    assert said == ["找人来", "人呢"]


def test_pending_just_after_our_own_switch_is_stale(house: House) -> None:
    house.engine.during = hands_over()
    late = house.there.said(1, "还在吗")  # it still says pending
    house.say(1, "找人来")
    house.post(late)
    house.work()
    (thread,) = house.store.threads.at("chatwoot:3.1")
    assert thread.is_open and house.inbox.with_person(thread.conversation_id)
    handoff = house.store.handoffs.active(thread.conversation_id)
    assert handoff and handoff.offered_back_at is None


def test_given_back_the_buyer_is_asked_once_and_the_bot_goes_on_after_the_yes(house: House) -> None:
    house.engine.during = hands_over()
    house.say(1, "找人来")
    house.engine.during = lambda case: None
    house.later(60)
    it = house.there.conversations[1]
    it.status = "pending"
    before = len(it.public())
    house.say(1, "还有个问题")
    assert it.public()[before:] == ["小李说后面的可以由我接着办，您看行吗？"]
    house.say(1, "好的")
    house.say(1, "少了一件")
    assert it.public()[-1] == "echo: 少了一件" and it.status == "pending"


def test_not_the_bot_again_then_people_have_it_again(house: House) -> None:
    house.engine.during = hands_over()
    house.say(1, "找人来")
    house.later(60)
    it = house.there.conversations[1]
    it.status = "pending"
    house.say(1, "还有个问题")
    house.say(1, "不，我要人工")
    assert it.status == "open" and it.calls[-1] == "toggle_status"


def test_a_colleagues_message_takes_over_and_the_bots_own_echo_does_not(house: House) -> None:
    echoes: list[dict[str, Any]] = []
    house.there.echoes = echoes.append
    house.say(1, "少了一件")
    for echo in echoes:
        # As where the token is a person's: it is known by what it is called, not by who has sent it.
        house.post({**echo, "sender": {"type": "user", "name": "小李"}})
    house.say(1, "在吗")
    it = house.there.conversations[1]
    assert it.public() == ["echo: 少了一件", "echo: 在吗"]
    typed = house.there.typed(1, "我来看看")
    for _ in range(2):
        house.post(typed)
        house.work()
    assert it.status == "open", "it is taken out of the bot's hands"
    house.later(10)
    house.say(1, "谢谢")
    assert it.public() == ["echo: 少了一件", "echo: 在吗", "我来看看"]


def test_what_was_opened_there_is_with_people(house: House) -> None:
    house.say(1, "少了一件")
    house.later(10)
    it = house.there.conversations[1]
    it.status = "open"
    calls = len(it.calls)
    house.post(house.there.event("conversation_status_changed", 1))
    house.say(1, "在吗")
    (thread,) = house.store.threads.at("chatwoot:3.1")
    assert house.inbox.with_person(thread.conversation_id) and len(it.calls) == calls


def test_after_resolved_it_is_another_conversation_and_the_record_is_kept(house: House) -> None:
    again = house.there.said(1, "少了一件")
    house.post(again)
    house.work()
    it = house.there.conversations[1]
    it.status = "resolved"
    house.post(house.there.event("conversation_resolved", 1))
    house.post(again)  # late once more: begins nothing
    it.status = "pending"
    house.say(1, "又少了")
    first, second = house.store.threads.at("chatwoot:3.1")
    assert first.ended_at and not second.ended_at
    assert [e.text for e in house.inbox.log.after(second.conversation_id)] == ["又少了", "echo: 又少了"]
    assert house.inbox.log.after(first.conversation_id)


# --- sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_is_tried_again_and_comes_once(house: House, status: int) -> None:
    house.there.bad = lambda call, number: Response(status_code=status) if number < 3 else None
    house.say(1, "少了一件")
    assert house.there.conversations[1].public() == []
    for _ in range(3):
        house.later(60)
    assert house.there.conversations[1].public() == ["echo: 少了一件"] and house.states() == {"sent": 1}


def test_it_waits_as_long_as_it_is_asked_to(house: House) -> None:
    slow_down = JSONResponse({}, 429, headers={"Retry-After": "120"})
    house.there.bad = lambda call, number: slow_down if number == 1 else None
    house.say(1, "少了一件")
    house.later(100)
    assert house.there.conversations[1].public() == []
    house.later(30)
    assert house.there.conversations[1].public() == ["echo: 少了一件"]


@pytest.mark.parametrize("is_cut", [True, False], ids=["the line is cut", "an error is answered"])
def test_what_has_come_though_nobody_heard_of_it_is_not_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch, is_cut: bool
) -> None:
    if is_cut:
        cut_off(house, monkeypatch)
    else:
        house.there.bad = lambda call, number: "done" if call == "messages" and number == 1 else None
    house.say(1, "少了一件")
    house.later(60)
    house.later(60)
    assert house.there.conversations[1].public() == ["echo: 少了一件"]


def test_who_can_see_nothing_leaves_it_to_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot may not read messages on servers of today: then nothing is sent twice, and nothing is lost in silence."""
    cut_off(house, monkeypatch)
    house.there.may -= {"read"}
    house.say(1, "少了一件")
    house.later(30)
    house.later(30)
    it = house.there.conversations[1]
    assert it.public() == ["echo: 少了一件"] and it.status == "open"
    assert house.states()["unknown"] == 1
    (thread,) = house.store.threads.at("chatwoot:3.1")
    handoff = house.store.handoffs.active(thread.conversation_id)
    assert handoff and handoff.reason == "undelivered"


def test_our_own_echo_says_that_it_has_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(house, monkeypatch)
    house.there.may -= {"read"}
    echoes: list[dict[str, Any]] = []
    house.there.echoes = echoes.append
    house.say(1, "少了一件")
    for echo in echoes:
        house.post(echo)
    house.later(60)
    assert house.there.conversations[1].public() == ["echo: 少了一件"]
    assert house.there.conversations[1].status == "pending" and house.states() == {"sent": 1}


def cut_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first message arrives there, and the line is cut before anybody hears of it."""
    from bot.doors.chatwoot import client
    from bot.inbox import calling
    from bot.inbox.delivery import Unknown

    cut: list[str] = []

    def call(method: str, url: str, *rest: Any) -> Any:
        answer = calling.call(method, url, *rest)
        if method == "POST" and url.endswith("/messages") and not cut:
            cut.append(url)
            raise Unknown("the line was cut")
        return answer

    monkeypatch.setattr(client, "call", call)


def test_a_wrong_token_is_a_dead_letter_and_a_person(house: House) -> None:
    house.there.may = {"toggle_status"}
    house.say(1, "少了一件")
    assert house.states()["dead"] >= 1 and house.there.conversations[1].status == "open"


def test_the_rest_of_an_answer_goes_with_its_first_line(house: House) -> None:
    house.there.bad = lambda call, number: Response(status_code=422) if call == "messages" and number == 1 else None
    answer = house.engine.respond

    def twice(case: Case, *given: Any) -> Any:
        response = answer(case, *given)
        response.replies += [{"text": "第二句", "buttons": [], "custom": None}]
        return response

    house.engine.respond = twice  # type: ignore[method-assign]
    house.say(1, "少了一件")
    assert house.there.conversations[1].public() == [] and house.there.conversations[1].status == "open"


# --- pictures -------------------------------------------------------------------------------------


def picture() -> bytes:
    import io

    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(made, "PNG")
    return made.getvalue()


def image(url: str, kind: str = "image") -> dict[str, Any]:
    return {"attachments": [{"id": 1, "file_type": kind, "data_url": url}]}


def test_a_picture_without_a_word_is_fetched_and_seen(house: House) -> None:
    house.there.files["a.png"] = (302, {"location": f"{house.there.url}/files/b.png"}, b"")
    house.there.files["b.png"] = (200, {}, picture())
    house.say(1, None, **image(f"{house.there.url}/files/a.png"))
    assert house.there.conversations[1].public() == ["echo: 1 files"]
    assert "sha256" in house.engine.uploads[0]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://169.254.169.254/latest/meta-data", "missing"),
        ("http://127.0.0.1:1/x.png", "missing"),
        ("file:///etc/passwd", "missing"),
        ("{url}/files/away", "missing"),
        ("{url}/files/gone", "missing"),
        ("{url}/files/none", "not_a_picture"),
        ("{url}/files/huge", "too_large"),
    ],
)
def test_a_picture_that_cannot_be_had_is_said_to_be_so(house: House, url: str, error: str) -> None:
    files = house.there.files
    files["away"] = (302, {"location": "http://10.0.0.1/secret"}, b"")
    files["gone"] = (404, {}, b"")
    files["none"] = (200, {}, b"hello")
    most = max(house.inbox.desk.policy.evidence.max_picture_bytes, house.inbox.desk.policy.evidence.max_video_bytes)
    files["huge"] = (200, {}, b"\x89PNG" + b"0" * most) if "huge" in url else (404, {}, b"")
    house.say(1, "看", **image(url.format(url=house.there.url)))
    assert {"error": error} in house.engine.uploads


def test_voice_is_no_picture(house: House) -> None:
    house.say(1, None, **image(f"{house.there.url}/files/x.ogg", "audio"))
    assert house.engine.uploads == [{"error": "not_a_picture"}]


# --- the page beside the conversation -------------------------------------------------------------


def test_the_page_shows_the_case_to_who_has_its_address_alone(house: House) -> None:
    from bot.doors.chatwoot.panel import key_of

    house.engine.during = hands_over()
    house.say(1, "找人来")
    (door,) = house.door.inboxes.values()
    page = house.client.get(f"/v1/chatwoot/panel/{key_of(door)}")
    assert f"frame-ancestors {house.there.url}" in page.headers["content-security-policy"]
    assert house.client.get(f"/v1/chatwoot/panel/{key_of(door)}/panel.js").status_code == 200
    wanted = {"account": 3, "conversation": 1}
    found = house.client.post(f"/v1/chatwoot/panel/{key_of(door)}/case", json=wanted).json()
    assert "已转人工：买家要找人" in found["lines"]
    assert house.client.post(f"/v1/chatwoot/panel/{'0' * 32}/case", json=wanted).status_code == 404
