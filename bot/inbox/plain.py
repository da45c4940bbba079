"""An answer as plain text for tools: whole, or in one line of so many characters; a marker only where it belongs.

Tools cut what is too long wherever it falls. Cut here, the offer, its sum and what can be chosen stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.inbox.choices import as_text, choices

Reply = dict[str, Any]

_SENTENCE = re.compile(r"[^。！？!?…]*[。！？!?…]+|[^。！？!?…]+$")
_SHORT = 8  # 这样可以吗？ says nothing by itself
_MARKED_INSTEAD = "同事"


def worded(replies: Sequence[Reply], most: int | None = None) -> str:
    """The whole answer; in one line of at most ``most`` characters where that is given."""
    return as_text(replies) if most is None else one_line(replies, most)


def one_line(replies: Sequence[Reply], most: int) -> str:
    """What was said last is kept first: the question or the offer that stands now, and its choices."""
    if not replies:
        return ""
    tail = _choices(replies)
    room = most - len(tail)
    if room < most // 3:  # choices of half a page are typed in words
        tail, room = "", most
    texts = ["".join(_closed(" ".join(reply["text"].split()))) for reply in replies if reply["text"].strip()]
    kept = _cut(texts[-1], room, has_offer=bool(tail)) if texts else ""
    for text in reversed(texts[:-1]):
        if len(text) + len(kept) > room:
            break
        kept = text + kept
    return f"{kept}{tail}"


def without(marker: str | None, text: str) -> str:
    """The text without the marker, whoever said it."""
    while marker and marker in text:
        text = text.replace(marker, _MARKED_INSTEAD if marker not in _MARKED_INSTEAD else "")
    return text


def marked(marker: str | None, text: str, *, hands_over: bool) -> str:
    """The marker at the end of an answer that hands over, and in no other."""
    clean = without(marker, text)
    return f"{clean} {marker}".lstrip() if marker and hands_over else clean


def _choices(replies: Sequence[Reply]) -> str:
    shown = [choice for group in choices(replies) for choice in group]
    if not shown or any(choice.number is None for choice in shown):
        return ""
    return "回复" + " ".join(f"{choice.number}{choice.title}" for choice in shown)


def _closed(text: str) -> str:
    return text if not text or text[-1] in "。！？!?…：:；;，," else f"{text}。"


def _cut(text: str, room: int, *, has_offer: bool) -> str:
    """Whole sentences around the one that counts: the first, or the last of weight where something is offered."""
    if len(text) <= room:
        return text
    sentences = _SENTENCE.findall(text)
    weighty = [place for place, sentence in enumerate(sentences) if len(sentence) > _SHORT] or [0]
    first = last = weighty[-1] if has_offer else weighty[0]
    if len(sentences[first]) > room:
        return _clauses(sentences[first], room)
    size = len(sentences[first])
    while last + 1 < len(sentences) and size + len(sentences[last + 1]) <= room:
        last += 1
        size += len(sentences[last])
    while first > 0 and size + len(sentences[first - 1]) <= room:
        first -= 1
        size += len(sentences[first])
    return "".join(sentences[first : last + 1])


def _clauses(sentence: str, room: int) -> str:
    """As many clauses as there is room for; never half a figure."""
    kept = ""
    for clause in re.findall(r"[^，,；;]*[，,；;]?", sentence):
        if len(kept) + len(clause) > room:
            break
        kept += clause
    if kept:
        return kept.rstrip("，,；;") + ("。" if len(kept) < len(sentence) and kept[-1] not in "。！？" else "")
    return re.sub(r"[0-9.￥¥月]*$", "", sentence[: room - 1]) + "…"
