"""What came in several parcels, and what several packs hold: 一个里面3罐一个里面2罐, 两提纸每提10包."""

from __future__ import annotations

from itertools import groupby, pairwise

from bot.language.quantities.amounts import IN_ONE_PACK, MISSING, ORDERED, RECEIVED, Amount, plain
from bot.language.quantities.items import Row, is_fewer, same_unit

_MOST = 12  # amounts; what has more is a list, and no sum of parts
_REACH = 10  # characters before an amount in which it is said where it was


def count_parcels(row: Row) -> None:
    """Complete what is said of parcels and packs one by one."""
    if len(row.amounts()) <= _MOST:
        _add_parcels(row)
        _multiply_packs(row)
        _judge_one_pack(row)


def _add_parcels(row: Row) -> None:
    """两个包裹，一个里面3罐一个里面2罐，我买的6罐: what came is five, where more than that was ordered."""
    parts = [amount for amount in row.amounts() if amount.value and amount.unit and _is_in_one(row, amount)]
    for _, same in groupby(parts, key=lambda amount: amount.unit):
        group = list(same)
        total = sum(amount.value or 0 for amount in group)
        whole = next((a for a in row.amounts() if a.roles == (ORDERED,) and a.unit == group[0].unit), None)
        if len(group) < 2 or whole is None or whole in group or (whole.value or 0) < total:
            continue
        for amount in row.amounts():
            if amount is not whole and not (MISSING in amount.roles and amount not in group):
                amount.drop()
        group[-1].of_goods, group[-1].roles, group[-1].value = True, (RECEIVED,), plain(total)


def _multiply_packs(row: Row) -> None:
    """两提纸每提10包，一共就18包; 一箱24瓶买了2箱，总共收到46瓶: so many were ordered in all."""
    came = [
        amount for amount in row.amounts() if amount.value and (amount.roles == (RECEIVED,) or _is_total(row, amount))
    ]
    packs = [
        amount
        for amount in row.amounts()
        if amount.unit in row.words.containers
        and ((amount.value or 0) > 1 or (amount.value == 1 and amount.roles == (ORDERED,)))
    ]
    for got in came:
        for count in packs:
            for each in row.amounts():
                if each is got or each is count or not _holds(row, count, each) or not same_unit(each.unit, got.unit):
                    continue
                whole = (count.value or 0) * (each.value or 0)
                if (each.value or 0) < (got.value or 0) <= whole or (count.value == 1 and is_fewer(got, each)):
                    count.drop()
                    each.of_goods, each.container, each.roles = True, False, (ORDERED,)
                    each.value, got.roles = plain(whole), (RECEIVED,)
                    return


def _judge_one_pack(row: Row) -> None:
    """买了3包毛巾，其中一包里面是2条, 有一包里面是空的: how many are missing is for the order to say."""
    for one in row.amounts():
        if one.value == 1 and one.unit in row.words.containers and row.words.phrases["empty"].match(row.text, one.end):
            one.of_goods, one.zero, one.roles = True, True, (IN_ONE_PACK,)
    for one, inside in pairwise(row.amounts()):
        before = row.typed[max(0, one.start - _REACH) : one.start]
        among = one.container and one.value == 1 and row.words.phrases["one_pack"].search(before)
        full = any(a.roles == (ORDERED,) and a.unit == inside.unit and is_fewer(inside, a) for a in row.amounts())
        if among and inside.roles == (RECEIVED,) and inside.unit != one.unit and not full:
            inside.roles = (IN_ONE_PACK,)


def is_one_pack(row: Row, pack: Amount, amount: Amount) -> bool:
    """有一包只有两条, 其中一包里面是2条."""
    one = pack.value == 1 and pack.unit in row.words.containers and pack.unit != amount.unit
    return one and bool(row.words.phrases["one_pack"].search(row.typed[max(0, pack.start - 4) : pack.start]))


def _is_in_one(row: Row, amount: Amount) -> bool:
    """另一个里面2罐, 第二个包裹3件, 一箱9个."""
    before = row.typed[max(0, amount.start - _REACH) : amount.start]
    return bool(row.words.phrases["in_one"].search(before))


def _is_total(row: Row, amount: Amount) -> bool:
    cues = row.left(row.items.index(amount))
    return amount.roles == (ORDERED,) and bool(cues) and row.word(cues[-1]) in row.words.totals


def _holds(row: Row, count: Amount, each: Amount) -> bool:
    """Is it said how many are in each of those packs: 每提10包, 一箱24瓶, 10个一捆?"""
    if each.unit == count.unit or not each.value:
        return False
    before, behind = row.typed[max(0, each.start - 4) : each.start], row.typed[each.end : each.end + 3]
    one_of_them = (f"每{count.unit}", f"一{count.unit}")
    return before.rstrip("是有装里面").endswith(one_of_them) or behind.startswith(one_of_them)
