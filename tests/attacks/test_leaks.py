"""What must not get out: other buyers' orders, phone numbers and addresses in the log, where a video was made."""

from __future__ import annotations

import struct
import uuid
from typing import Any
from urllib.parse import quote

import pytest
import requests
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import HANDLERS
from bench.faults.clients import Widget
from bot import office as the_office
from bot.engine.action_server import as_action
from bot.privacy import mask
from tests.server import Server

PHONE, HOME = "13812345678", "上海市浦东新区世纪大道100号2单元301室"


# --- the action server ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["action_ask_claim_form_order_id", "action_open_claim", "action_progress"])
@pytest.mark.usefixtures("office")
def test_a_forged_tracker_gets_no_other_buyers_orders(name: str) -> None:
    """Whoever reaches ``rasa run actions`` can name any conversation; a buyer's id is none.

    In the demo the forger plays a buyer with orders of the same things; their numbers are others.
    """
    orders = the_office.sandbox("somebody-real")
    said = {"text": "少了一件", "intent": {"name": "report_short_shipment", "confidence": 1.0}, "entities": []}
    tracker = Tracker("somebody-real", {}, said, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    as_action(name, HANDLERS[name])().run(dispatcher, tracker, {})
    told = str(dispatcher.messages)
    assert not [order.order_id for order in orders if order.order_id in told]


# --- the log --------------------------------------------------------------------------------------


def test_no_phone_number_and_no_address_gets_into_the_log(demo: Server) -> None:
    widget = Widget(demo.url, "demo-leak")
    name = quote(f"{PHONE} {HOME}.jpg")
    files = f"{demo.url}/v1/web/files"
    for path in (f"?id=a&name={name}", f"?id={name}", f"/{name}?thumb={name}"):
        requests.post(f"{files}{path}", b"no picture", headers=widget.headers, timeout=10)
        requests.get(f"{files}{path}", headers=widget.headers, timeout=10)
    requests.get(f"{demo.url}/{name}?{name}={name}", headers={"X-Request-Id": PHONE}, timeout=10)
    for body in ({"text": f"{PHONE} {HOME}"}, {"conversation_id": [PHONE], "sender": HOME}):
        requests.post(f"{demo.url}/v1/messages", json=body, timeout=10)
    requests.post(f"{demo.url}/v1/messages", f"{{{PHONE}{HOME}".encode(), timeout=10)
    widget.say(f"电话{PHONE}，寄到{HOME}", "m")
    log = demo.log()
    assert PHONE not in log and "世纪大道" not in log and quote("世纪大道") not in log


@pytest.mark.parametrize(
    "number",
    [
        *("008613812345678", "+86 138 1234 5678", "138.1234.5678", "138-1234-5678", "１３８１２３４５６７８"),
        *("021-58881234", "(021)58881234", "0755 83881234", "110105491231002", "11010519491231002X"),
    ],
)
def test_a_number_is_masked_however_it_is_written(number: str) -> None:
    masked = mask(f"电话{number}，谢谢")
    assert number not in masked
    assert sum(map(str.isdigit, masked)) <= sum(map(str.isdigit, number)) - 4, masked


def test_an_escaped_name_is_masked_too() -> None:
    masked = mask(f"GET /v1/web/files?name={quote(HOME)}%20{PHONE}")
    assert PHONE not in masked and quote("世纪大道") not in masked


# --- files ----------------------------------------------------------------------------------------


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + kind + body


FTYP = box(b"ftyp", b"mp42\x00\x00\x00\x00mp42isom")
PLACE = b"+31.2304+121.4737/"


@pytest.mark.parametrize(
    "rest",
    [b"MZ\x90\x00" + bytes(500), b"<html><script>alert(1)</script></html>", bytes(2000), b""],
    ids=["program", "page", "zeros", "nothing"],
)
def test_what_only_begins_like_a_video_is_none(demo: Server, rest: bytes) -> None:
    assert upload(Widget(demo.url, "demo-fake"), FTYP + rest, "video/mp4").status_code == 415


def test_the_place_where_a_video_was_made_is_not_kept(demo: Server) -> None:
    header = box(b"mvhd", bytes(4), bytes(8), struct.pack(">II", 1000, 1000), bytes(80))
    place = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7), PLACE))
    widget = Widget(demo.url, "demo-place")
    taken = upload(widget, FTYP + box(b"moov", header, place) + box(b"mdat", bytes(1000)), "video/mp4")
    if taken.status_code == 415:  # it has no track
        return
    log = requests.get(f"{widget.url}/v1/web/log", headers=widget.headers, timeout=10).json()["entries"]
    sha256 = next(entry["file"]["sha256"] for entry in log if "file" in entry)
    kept = requests.get(f"{widget.url}/v1/web/files/{sha256}", headers=widget.headers, timeout=10)
    assert kept.ok and PLACE not in kept.content


def upload(widget: Widget, data: bytes, kind: str) -> Any:
    headers = {**widget.headers, "Content-Type": kind}
    return requests.post(f"{widget.url}/v1/web/files?id={uuid.uuid4().hex}", data, headers=headers, timeout=10)
