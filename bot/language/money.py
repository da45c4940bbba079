"""Sums of money as buyers write them: 12.5元, 三块八毛八, ￥9.9, 2w, 20-30块. Needs no Rasa.

A message is a row of numbers, each with the unit that stands with it, if any. Two of them may be the ends of a range; a
unit makes one a sum, and so does what stands around it (赔我20, 99包邮). The words are ``data/patterns/sums.yml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bot.language.numbers import CHINESE_DIGITS, CHINESE_NUMERALS, FORMAL_DIGITS, to_decimal
from bot.language.pattern_files import any_of, read_patterns

Match = re.Match[str]

_DIGIT = f"[0-9{CHINESE_DIGITS}{FORMAL_DIGITS[:9]}]"
_EACH = "一(?:公?斤|[个件双只支条瓶盒包袋箱份本张片罐套])"
_NUMBER = (
    rf"(?<![0-9.])(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,7}})(?![0-9])(?:\.[0-9]{{1,4}})?(?!\.?[0-9])"
    rf"(?:[百千万][0-9{CHINESE_NUMERALS}]*|[wk](?![a-z])[0-9]?)?"
    rf"|[{CHINESE_NUMERALS}]{{1,8}}[{CHINESE_DIGITS[2:]}](?={_EACH})"  # 六十八一箱
    rf"|[几数]?[{CHINESE_NUMERALS}]+几?(?:点[{CHINESE_DIGITS}]{{1,2}})?|几|[{FORMAL_DIGITS}零]+|[俩仨]"
)
_SCALES = {"k": 1000, "w": 10000, "千": 1000, "万": 10000, "百": 100}
_SCALED = re.compile(r"(?P<number>[0-9.]+)(?P<scale>[百千万kw])(?P<tail>[0-9])?")
# 一千二, 1.2万, 3k: of goods one says 一千二百个.
_ROUND = re.compile(rf"[百千][1-9{CHINESE_DIGITS[2:]}]$|[wk][0-9]?$|[0-9]千$|万$")
_TO = re.compile(r"\s?(?:[-~—–]+|到|至)\s?")
# What comes behind the yuan, and its worth in fen.
_SMALL = {"tenths": 10, "last_tenths": 10, "hundredths": 1, "fen": 1, "last_fen": 1, "more": 1}
_END_OF_THOUGHT = re.compile(r"$|[\s,.。!?;~吧也行就可]")
_FORMAL = str.maketrans(FORMAL_DIGITS, "一二三四五六七八九十百千")
_LONGEST_LEAD = 8  # characters; what stands before a number and says what it is

# Not 10块2件, 三块一天, 五块一共: the digit counts or begins what follows it. Of 两块五一包 it is five tenths.
_LAST = (
    rf"(?:(?!一){_DIGIT}(?!(?!{_EACH})[0-9{CHINESE_NUMERALS}]|\s?(?:[个件双只支条瓶袋盒箱套本张对打份样天月年号日斤次人位倍折点块元]|包(?!邮)|小时|公斤))"
    r"|一(?=$|[\s,.。!?;~吧钱到至-]))"
)


@dataclass(frozen=True)
class Money:
    """``start`` and ``end`` count characters. ``fen`` is None where no exact sum was said: 一百来块, 20-30块."""

    start: int
    end: int
    fen: int | None


def find_money(clean: str, *, bare: bool = False) -> list[Money]:
    """The sums in normalized text, in order.

    Args:
        clean: what may hold no sums (dates, order numbers) is taken out of it.
        bare: the message is about money for certain, so that a plain number is a sum too, unless it counts something.
    """
    found: list[Money] = []
    pieces = False  # once counted, 块 are counted again: 应该有8块，这盒7块
    grammar = _grammar()
    numbers = list(grammar.number.finditer(clean))[::-1]
    while numbers:
        first = last = numbers.pop()
        if numbers and _TO.fullmatch(clean, first.end(), numbers[-1].start()):
            last = numbers.pop()
        if not grammar.is_sum(clean, last, bare=bare) and (first is last or not first["yuan"]):
            continue
        if _counts_pieces(clean, last, pieces, haggling=bare):
            pieces = True
            continue
        fen = grammar.fen(clean, first) if first is last else None
        found.append(Money(first.start(), last.end(), fen))
    return found


class _Grammar:
    def __init__(self) -> None:
        words = {name: any_of(entries) for name, entries in read_patterns("sums").items() if isinstance(entries, str)}
        tenth, hundredth = f"(?:{words['tenths']})", f"(?:{words['hundredths']})"
        after_yuan = (
            rf"(?P<half>半)|(?P<cents>[0-9]{{2}})(?![0-9]|{tenth}|\s?[个件双只天号块元])"
            rf"|零?(?P<tenths>{_DIGIT}){tenth}(?:零?(?P<hundredths>{_DIGIT}(?={hundredth})|{_LAST}){hundredth}?)?"
            rf"|零?(?P<fen>{_DIGIT}){hundredth}|零(?P<last_fen>{_LAST})|(?P<last_tenths>{_LAST})"
        )
        self.number = re.compile(
            rf"(?:(?P<sign>{words['sign']})\s?)?(?P<number>{_NUMBER})(?P<about>[来多几余])?"
            rf"(?:\s?(?P<yuan>{words['yuan']})(?:{after_yuan})?(?:来钱|钱|(?<!块)整)?"
            rf"|(?P<coins>{tenth})(?:(?P<more>{_DIGIT}(?={hundredth})|{_LAST}){hundredth}?)?钱?|(?P<cash>{hundredth})钱)?"
        )
        self._sayings = re.compile(words["sayings"])
        self._about_before = re.compile(rf"(?:{words['about_before']})\s?$")
        self._about_after = re.compile(words["about_after"])
        self._no_sum_after = re.compile(rf"\s?(?:{words['foreign']}|{words['share_after']})")
        self._pays = re.compile(rf"(?:{words['pays']})(?:{words['pays_to']})*$")
        self._priced = re.compile(rf"(?:{words['priced']})(?:{words['priced_at']})*(?=(?:{_NUMBER})$)")
        self._price_behind = re.compile(words["price_behind"])
        self._price_of = re.compile(words["price_of"])
        self._counted = re.compile(rf"\s?(?:{words['counted']})")
        self._numbered = re.compile(rf"(?:{words['numbered']})[是为:]?\s?$|[a-z/:]$")

    def is_sum(self, clean: str, match: Match, *, bare: bool) -> bool:
        start, end = match.span()
        if self._no_sum_after.match(clean, end) or self._sayings.match(clean, start) or clean[:start].endswith("第"):
            return False
        if match["sign"] or match["yuan"] or match["coins"] or match["cash"]:
            return True
        lead = _lead(clean, match)
        if self._numbered.search(lead) or self._counted.match(clean, end) or _is_word(match["number"], clean[end:]):
            return False
        return (bare or self._is_named_one(clean, match)) and self.fen(clean, match) is not None

    def _is_named_one(self, clean: str, match: Match) -> bool:
        """Do the words around a number without a unit say that it is money?"""
        lead, end = _lead(clean, match), match.end()
        behind = self._price_behind.match(clean, end) or (
            _ROUND.search(match["number"]) and self._price_of.match(clean, end)
        )
        return bool(behind or self._pays.search(lead) or self._priced.search(lead + match["number"]))

    def fen(self, clean: str, match: Match) -> int | None:
        """The sum; None when it is vague."""
        whole = _number(match["number"])
        vague = match["about"] or match[0].endswith("来钱") or self._about_before.search(_lead(clean, match))
        if whole is None or vague or self._about_after.match(clean, match.end()):
            return None
        fen = whole * (10 if match["coins"] else 1 if match["cash"] else 100)
        fen += 50 if match["half"] else int(match["cents"] or 0)
        fen += sum((_number(match[name]) or 0) * worth for name, worth in _SMALL.items() if match[name])
        return int(fen) if fen == int(fen) else None


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def _number(text: str) -> Decimal | None:
    text = text.replace(",", "").translate(_FORMAL)
    if scaled := _SCALED.fullmatch(text):
        scale = _SCALES[scaled["scale"]]
        return Decimal(scaled["number"]) * scale + int(scaled["tail"] or 0) * scale // 10
    return to_decimal(text)


def _lead(clean: str, match: Match) -> str:
    return clean[max(0, match.start() - _LONGEST_LEAD) : match.start()]


def _is_word(number: str, behind: str) -> bool:
    """一 is in too many words to be a sum by itself, and so is 十: 十分, 十足."""
    return number in "几俩仨十" + CHINESE_NUMERALS and not (number == "十" and _END_OF_THOUGHT.match(behind))


@cache
def _pieces() -> dict[str, re.Pattern[str]]:
    """块 counts soap and jigsaw pieces as well as yuan: what tells, before and behind it."""
    words = {name: any_of(entries) for name, entries in read_patterns("sums")["pieces"].items()}
    words |= {name: f"(?:{words[name]})$" for name in ("counted_before", "owed_before", "paid_before")}
    return {name: re.compile(pattern) for name, pattern in words.items()}


def _counts_pieces(clean: str, match: Match, pieces: bool, *, haggling: bool) -> bool:
    start, end = match.span()
    words = _pieces()
    if not match[0].endswith("块") or words["paid_before"].search(clean, max(0, start - 6), start):
        return False
    if words["pieces_of"].match(clean, end) or words["named_before"].search(clean, max(0, start - 6), start):
        return True
    if haggling:
        return False
    if words["owed_before"].search(clean, max(0, start - 2), start):
        return True
    if words["money_after"].match(clean, end):
        return False
    behind = words["counted_after"].match(clean, end)
    return pieces or bool(behind or words["counted_before"].search(clean, max(0, start - 8), start))
