"""What the bot wants to know, read from claim, buttons, cards and a few cues; never from the wording of one reply."""

from __future__ import annotations

import re
from typing import Any

Answer = dict[str, Any]

_CUES = (
    ("photo", re.compile(r"照片|拍张|拍一|拍照|图片|视频|截图")),
    ("order", re.compile(r"订单号|哪一?单|哪笔|哪个订单|尾号多少")),
    ("confirm", re.compile(r"对[吗吧么]|是[吗吧]|是不是|没错吧|对不对|这样理解")),
    ("person", re.compile(r"(接手|转人工|请同事|找同事|叫同事).*[？?]|要.*(人工|同事).*[吗？?]")),
    ("item", re.compile(r"哪[件样个几款]|少了?什么|什么东西|什么没|哪一[件样个款]")),
    ("count", re.compile(r"[几多]少?[件个只袋双本支包条瓶盒根套副把张份]|几[个件]|多少|数量")),
    ("remedy", re.compile(r"补.*还是.*退|退.*还是.*补")),
)


def question(answer: Answer) -> str:
    """``offer``, ``photo``, ``order``, ``confirm``, ``person``, ``item``, ``count``, ``remedy``, or ``""`` for none."""
    replies = answer["replies"]
    cards = [reply["custom"]["type"] for reply in replies if reply["custom"]]
    claim = answer["claim"] or {}
    if "offer" in cards or (claim.get("state") == "offered" and _buttons(answer, "接受|同意")):
        return "offer"
    if "orders" in cards:
        return "order"
    owed = any(piece["status"] == "requested" for piece in claim.get("evidence", ()))
    if owed and _buttons(answer, "照片|图|视频"):
        return "photo"
    for reply in reversed(replies):
        for name, cue in _CUES:
            # A statement that only mentions a photo or a count asks nothing.
            if cue.search(reply["text"]) and re.search(r"[？?吗呢]|麻烦|请|发[一张我来]|告诉", reply["text"]):
                return name
    return ""


def _buttons(answer: Answer, cue: str) -> bool:
    return any(re.search(cue, button["payload"]) for reply in answer["replies"] for button in reply["buttons"])
