"""The "没发" behind an amount, and what it says of it: 两双没发 are missing, of 一双都没发 none came."""

from __future__ import annotations

from bot.language.quantities.amounts import MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.items import (
    ALL,
    CLAUSE_END,
    CLOSE,
    ENDS,
    HIDDEN,
    PARTICLES,
    Cue,
    Row,
    is_cue,
    is_end,
    is_fewer,
)

_FARTHEST_HEARSAY = 5  # 一件他说没有
_FARTHEST_ABSENCE = 8  # characters between an amount and "没发": 两双蓝色纯棉袜子没发


def _stands_alone(row: Row, absence: Cue) -> bool:
    """两份, 一份没放粉 is said of something else."""
    behind = row.text[absence.end : absence.end + 1].strip()
    return behind in {"", "给", "我", "过", "货", *PARTICLES, *ENDS}


def may_leak(row: Row, amount: Amount, end: int) -> bool:
    """两瓶都漏了: left out or leaking, the buyer alone knows. 一件漏了，洒得到处都是 leaks for certain."""
    return amount.unit in row.words.leaky or any(word in row.text[end:] for word in row.words.leaks)


def absence_behind(row: Row, index: int, amount: Amount) -> Cue | None:
    """The "没发" that is said of an amount."""
    following = row.at(index + 1)
    if (
        is_end(following, CLAUSE_END)
        and row.words.phrases["none_of_them"].match(row.text, amount.end)
        and not row.amounts_before(index)
    ):
        index, following = index + 1, row.at(index + 2)
    hearsay = isinstance(following, Cue) and following.kind == "supposed" and row.text[following.start - 1] in "他她们"
    if hearsay or is_cue(following, "have"):  # 还有一件他说没有
        following = row.at(index + 2)
    farthest = _FARTHEST_ABSENCE if following is row.at(index + 1) else _FARTHEST_HEARSAY
    if not isinstance(following, Cue) or following.start - amount.end > farthest:
        return None
    said = row.word(following)
    if said == "漏了" and may_leak(row, amount, following.end):
        return None
    if said in row.words.gone | row.words.none:
        if row.text[following.end : following.end + 1].strip() not in {"", *PARTICLES, *ENDS, HIDDEN}:
            return None  # 六件的茶具少了杯盖: said of the lid
    elif following.kind != "absent":
        return None
    for item in row.items[index + 2 : index + 4]:
        if is_end(item) or is_cue(item, "denied", ORDERED):  # 还有两箱没到我买了5箱
            break
        if isinstance(item, Amount):  # 拍两件漏发一件: said of the next
            return None
    return following


def judge_absent(row: Row, amount: Amount, near: Cue | None, absence: Cue) -> None:
    """Decide by the "没发" behind an amount."""
    kind = near.kind if near else None
    between, said = row.text[amount.end : absence.start], row.word(absence)
    everything = between.endswith(ALL)
    if near and kind == "other" and everything and amount.start - near.end > CLOSE:
        kind = None  # 等了半个月一包都没收到: said of the time
    if near and kind == "spoilt" and everything and amount.least:
        kind = None  # 里面空的 一个都没
    weighed = row.words.amounts.is_weight(amount.unit) and not (everything and amount.least)
    if kind in {"other", "spoilt", "denied"} or weighed:  # 10斤大米没发 is one sack; 一斤都没有 is none
        amount.drop()
    elif row.words.rest.search(row.text[max(0, amount.start - 6) : amount.start]):
        amount.roles = (MISSING,)
    elif everything and not amount.least and _is_not_even(row, amount):
        amount.drop()  # 买了5件，怎么4件都没有
    elif near and row.word(near) in row.words.counts_to:
        amount.roles = (RECEIVED,)  # 数到47只没了
    elif everything and kind == ORDERED:
        amount.roles = (ORDERED, MISSING)
    elif everything and amount.least:
        amount.roles, amount.zero = (RECEIVED,), True
    elif kind == ORDERED:
        amount.roles = (ORDERED,)
    elif near is not None and kind == RECEIVED and amount.start - near.end <= 1:
        return
    elif not amount.least or kind in {MISSING, "due", "gifts"} or _is_singled_out(row, amount):
        amount.roles = (MISSING,)
    elif said not in row.words.gone and row.words.phrases["things"].fullmatch(between) and _stands_alone(row, absence):
        # 一件没见着; but 一只不见了 is one
        amount.roles, amount.zero = (RECEIVED,), True


def _is_not_even(row: Row, amount: Amount) -> bool:
    """买了5件，怎么4件都没有: fewer than four came, and not four are missing."""
    more = any(is_fewer(amount, other) for other in row.amounts_before(row.items.index(amount)))
    return more and bool(row.words.phrases["not_even"].search(row.text, 0, amount.start))


def _is_singled_out(row: Row, amount: Amount) -> bool:
    if any(a.unit == amount.unit and a.roles == (RECEIVED,) and a.end < amount.start for a in row.amounts()):
        return True  # 五把到了，一把没影
    earlier = [a.value for a in row.amounts() if a.unit == amount.unit and a.end < amount.start]
    if amount.value and len(earlier) > 1 and earlier[0] == (earlier[1] or 0) + amount.value:
        return True  # 买了六瓶，五瓶是好的，一瓶没见着
    before = row.text[max(0, amount.start - 4) : amount.start].rstrip()
    return "整" in row.text[amount.start : amount.end] or before.endswith(row.words.singled_out)
