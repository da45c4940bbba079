"""Which line of an order a buyer means, by the words they share with its title.

Titles of Chinese shops are long strings of key words, and buyers name an item by two or three of them, so shared
pairs of characters tell lines apart better than any edit distance over the whole title. Where none is shared, sounds
and other words for the same may tell them (``bot.language.similarity``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.claims.model import OrderLine
from bot.language.similarity import ranked

_CLAUSE = re.compile(r"[,,。;;!!??、\s]+|但是|可是|不过|就是|(?<=到了)(?=\w{1,8}(?:没|呢|少|缺|不见))")
_AND = re.compile(r"和|跟|与|还有|以及")
_CONTEXT = re.compile(r"^.*(?:送的|赠的|附的|单的|里面的|里的)(?=\w)")  # 马克杯送的台历: it is the 台历
_MISSING = re.compile(r"没|少|缺|漏|不见|差|冇|哪|呢|未|丢")
_RECEIVED = re.compile(r"收到|找到|找着|翻到|翻出|到了|(?<![还仲另])有|发了|送了|来了")
_NUMBER = re.compile(r"[0-9一二两三四五六七八九十俩仨半]")
_SURE = 0.6  # a score that takes a word of two characters at least
_NOT_WORD = re.compile(r"[\W_]+")


def mentioned(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines that ``text`` says are short, best guess first.

    Empty when nothing matches. More than one line means either that several were named ("少了泳帽和泳镜") or that
    the words do not tell them apart; ``ambiguous`` says which.
    """
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    received = [clause for clause in clauses if _says_received(clause)]
    rest = "".join(_in_context(clause, lines) for clause in clauses if clause not in received)
    named = _named(rest, lines)
    if named:
        # "泳衣泳帽泳镜,就来了一件泳衣"
        came = _named("".join(clause for clause in clauses if _says_counted(clause)), lines)
        return [line for line in named if not (line in came and line.quantity == 1)] or named
    if not received:
        return []
    arrived = _best("".join(received), lines)
    # "收到的只有泳衣": what was named came, so it is the others that are short.
    return [line for line in lines if line not in arrived] if arrived else []


def ambiguous(text: str, lines: Iterable[OrderLine]) -> bool:
    """Do the words leave it open which of ``lines`` is meant?"""
    shared = [frozenset(_pairs(line.title) & _pairs(text)) for line in lines]
    return len(set(shared)) < len(shared)


def likeness(text: str, lines: Iterable[OrderLine]) -> float:
    """How surely the text names one of the lines, by spelling, by sound or by another word; 0 when it names none."""
    return max((match.score for match in ranked(text, [line.title for line in lines])), default=0)


def _says_received(clause: str) -> bool:
    return bool(_RECEIVED.search(clause)) and not _MISSING.search(clause) and not _NUMBER.search(clause)


def by_likeness(text: str, lines: Sequence[OrderLine]) -> OrderLine | None:
    """The one line that the text can mean by sound, by another word or by one character: 油没有 and 亚麻籽油 500ml."""
    found = ranked(text, [line.title for line in lines])
    if not found or any(not set(other.words) <= set(found[0].words) for other in found[1:]):
        return None
    best = [line for line in lines if line.title in {match.title for match in found if match.score == found[0].score}]
    return best[0] if len(best) == 1 else None


def _says_counted(clause: str) -> bool:
    return bool(_RECEIVED.search(clause)) and not _MISSING.search(clause) and bool(_NUMBER.search(clause))


def _in_context(clause: str, lines: Sequence[OrderLine]) -> str:
    remainder = _CONTEXT.sub("", clause)
    return remainder if _best(remainder, lines) else clause


def _named(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    parts = [_best(part, lines) for part in _AND.split(text)]
    if len(parts) > 1 and all(parts):
        return [line for line in lines if any(line in part for part in parts)]
    return _best(text, lines)


def _best(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    spoken = _pairs(text)
    shared = {line.sku: _pairs(line.title) & spoken for line in lines}
    if not any(shared.values()):
        return _alike(text, lines)
    return [
        line for line in lines if shared[line.sku] and not any(shared[line.sku] < shared[other.sku] for other in lines)
    ]


def _alike(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """Those that are called by another word, or by what sounds like their own."""
    found = ranked(text, [line.title for line in lines])
    best = {match.title for match in found if match.score == found[0].score >= _SURE}
    return [line for line in lines if line.title in best]


def _pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters, inside words only; a word of one character (书, 碗) stands for itself."""
    pairs: set[str] = set()
    for word in _NOT_WORD.split(text.lower()):
        # 再加20 is not the 2027台历.
        pairs.update(pair for pair in (word[i : i + 2] for i in range(len(word) - 1)) if not pair.isdigit())
        if len(word) == 1:
            pairs.add(word)
    return pairs
