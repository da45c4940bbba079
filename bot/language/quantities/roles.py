"""What each amount of a row counts: goods ordered, received, missing, or none of it.

The cue before an amount says it (收到 两件), or the "没发" behind it; of an amount that opens the sentence
(三件只来了俩) it is said by what is said of the next one.
"""

from __future__ import annotations

from bot.language.quantities.absence import absence_behind, judge_absent
from bot.language.quantities.amounts import MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.items import (
    CLAUSE_END,
    CLOSE,
    FARTHEST_CUE,
    PARTICLES,
    Cue,
    Row,
    is_cue,
    is_described,
    is_end,
    is_fewer,
    same_unit,
)
from bot.language.quantities.parcels import is_one_pack
from bot.language.quantities.relations import relate

_PACKED_IN = {"瓶", "件"}  # pack pills (60粒一瓶) and milk (24盒一件), though mostly they are counted themselves
_ONLY = "只就才仅"
_EACH_TIME = ("每次", "每回", "每单")
_REACH = 16  # characters before an amount in which it is said that it was counted


def assign(row: Row) -> None:
    """Give the amounts their roles."""
    for index, item in enumerate(row.items):
        if isinstance(item, Amount) and item.of_goods and not item.offer and not item.roles:
            _judge(row, index, item)
    relate(row)


def _judge(row: Row, index: int, amount: Amount) -> None:
    """Decide what one amount counts, from what stands before and behind it."""
    before, cues = row.at(index - 1), row.left(index)
    if isinstance(before, Amount) and _is_packing(row, before, amount):
        amount.container = True
        return
    if isinstance(before, Amount) and _is_their_weight(row, before, amount):
        amount.container = True
        return
    place = _holder(row, index, amount)
    holder = None if place is None else row.items[place]
    if place is not None and isinstance(holder, Amount):
        holder.container, holder.roles = True, ()
        one_pack = is_one_pack(row, holder, amount)
        cues = cues if one_pack else row.left(place)
        several = any(a.unit == holder.unit and a.value != 1 for a in row.amounts_before(place))
        if not one_pack and holder.value == 1 and several:
            amount.drop()  # 两板，一板三十个: how many that is in all is for the order to say
            return
    cues = [cue for cue in cues if row.word(cue) not in row.words.weak or _is_said_by(cue, amount)]
    while cues and cues[-1].kind == "corrections":
        cues.pop()
    near = cues[-1] if cues and amount.start - cues[-1].end <= FARTHEST_CUE else None
    kind = near.kind if near else None
    absence = absence_behind(row, index, amount)
    amount.per_each = _is_per_each(row, index, amount)
    priced = amount.value == 1 and row.words.phrases["price"].search(row.typed, max(0, amount.start - 4), amount.start)
    if (priced and absence is None) or _is_feature(row, index, amount) or (amount.per_each and kind != MISSING):
        amount.drop()
    elif _is_asked_after(row, index, amount):
        amount.roles = (MISSING,)
    elif _is_judged_behind(row, index, amount) and (amount.least or kind not in {ORDERED, MISSING, "due"}):
        amount.drop()
    elif absence is not None and amount.sort and not row.words.amounts.is_weight(amount.unit):
        amount.drop()  # 五件套没收到 is one
    elif absence is not None:
        judge_absent(row, amount, near, absence)
    else:
        _judge_by_cues(row, index, amount, cues, near)
    if MISSING in amount.roles and near and kind == MISSING:
        _multiply(row, index, amount, near)


def _is_weighed(row: Row, amount: Amount, near: Cue | None) -> bool:
    """写5斤只发4斤的: what came, and no sort."""
    came = near is not None and near.kind == RECEIVED and near.end == amount.start
    return came and row.words.amounts.is_weight(amount.unit) and row.text.startswith("的", amount.end)


def _is_said_by(cue: Cue, amount: Amount) -> bool:
    """写6包; neither 写一份 nor 写170, nor 写清楚的6包."""
    return cue.end == amount.start and amount.unit is not None and not amount.least


def _judge_by_cues(row: Row, index: int, amount: Amount, cues: list[Cue], near: Cue | None) -> None:
    """Decide by the words before an amount: 收到 两件."""
    kind = near.kind if near else None
    promised = any(cue.kind == "due" for cue in cues)
    if near and kind == "other" and row.text[near.start] == "送" and any(c.kind in {"due", "supposed"} for c in cues):
        kind, promised = "due", True  # 说好送两个
    if near and kind == RECEIVED and (row.corrected < amount.start or row.text[near.start] in _ONLY):
        promised = False
    doubted = kind in {"denied", "have"} and any(cue.kind == "denied" for cue in cues[-2:])
    if doubted and row.text.startswith("吗", amount.end):
        kind, promised = "due", True  # 不是说有六个吗
    if kind == "denied" and amount.start < row.corrected and _fewer_came(row, index, amount):
        kind, promised = "due", True  # 只有5袋，不是8袋
    amount.denied = kind == "denied" or (near is not None and row.word(near) in row.words.none)
    denied = kind == MISSING and len(cues) > 1 and cues[-2].kind == "denied"
    if denied or kind in {"denied", "intact", "other", "spoilt"}:
        amount.drop()
    elif kind != MISSING and row.words.phrases["price_of"].match(row.text, amount.end):
        amount.roles = (ORDERED,)
    elif kind == "absent" and near and _is_less(row, index, amount, near):
        return  # 写100只，没有100只; 不到50根
    elif kind == "absent" and near and amount.least and _is_the_least(row, index, amount, near):
        amount.roles, amount.zero = (RECEIVED,), True  # 没有一件收到的, 货都没有一件
    elif kind == "absent" and amount.least and is_described(row, index, CLOSE):
        amount.drop()  # 没有一瓶是完整的
    elif near and row.word(near) == "漏了" and any(word in row.text[amount.end :] for word in row.words.leaks):
        amount.drop()  # 漏了1瓶，洒了
    elif kind in {MISSING, "absent"}:
        amount.roles = (MISSING,)
    elif kind == "supposed" and _fewer_came(row, index, amount):
        amount.roles = (ORDERED,)  # 你们配了三个，图纸要五个
    elif kind in {"supposed", "gifts"} or (amount.sort and not _is_weighed(row, amount, near)):
        return  # 说发了五包; 三件套 is one: how many were ordered only if the next amount says so
    elif kind == "as":
        deed = next(iter(row.right(index)), None)  # 按三份付的钱
        done = row.words.phrases["done"].match(row.text, amount.end)  # 按一份发的
        amount.roles = (ORDERED,) if deed and deed.kind == ORDERED else (RECEIVED,) if done else ()
    elif promised:
        amount.roles = (ORDERED,)
    elif kind == ORDERED and row.words.phrases["all_arrived"].match(row.text, amount.end):
        amount.roles = (ORDERED, RECEIVED)
    elif kind == "inside":
        if is_described(row, index, CLOSE):
            amount.drop()
        elif not _some_are_missing(row, index):
            amount.roles = (RECEIVED,)
    elif (
        near
        and kind == RECEIVED
        and len(cues) > 1
        and row.words.phrases["the_missing"].fullmatch(row.text, cues[-2].start, amount.start)
    ):
        amount.roles = (MISSING,)  # 差的就那一条
    elif row.words.phrases["counted_over"].search(row.typed[max(0, amount.start - _REACH) : amount.start]):
        amount.roles = (RECEIVED,)  # 数了三遍，都是18个
    elif kind in {ORDERED, RECEIVED}:
        amount.roles = (str(kind),)
    elif kind in {"have", "turns"} and len(cues) > 1 and cues[-2].kind in {MISSING, "absent"}:
        amount.roles = (MISSING,)  # 缺的数量是3, 少的就是1件
    elif kind == "have" and len(cues) > 1 and cues[-2].kind in {RECEIVED, "inside"}:
        amount.roles = () if is_described(row, index, CLOSE) or _some_are_missing(row, index) else (RECEIVED,)
    elif kind == "have" and any(cue.kind == ORDERED for cue in cues):
        amount.roles = (ORDERED,)
    elif (
        (amount.value == 0 and kind is None)
        or (kind == "turns" and any(cue.kind in {RECEIVED, "inside"} for cue in cues))
        or _is_turn(row, index, amount, near)
        or (kind is None and _came_alone(row, index, amount))
    ):
        amount.roles = (RECEIVED,)


def _is_less(row: Row, index: int, amount: Amount, near: Cue) -> bool:
    """Does the "没有" before a number say that there are not quite so many?"""
    said = any(a.value == amount.value and a.roles == (ORDERED,) for a in row.amounts_before(index))
    return near.end == amount.start and (
        row.word(near) in row.words.about_before or (said and row.word(near) in row.words.none)
    )


def _is_the_least(row: Row, index: int, amount: Amount, near: Cue) -> bool:
    """没有一件收到的, 货都没有一件: none at all."""
    _, end = row.clause(amount.start)
    behind = row.at(index + 1)
    if isinstance(behind, Cue) and behind.kind == RECEIVED and behind.start - amount.end <= 1:
        end_of_it = behind.end
    elif row.word(near) in row.words.none:
        end_of_it = amount.end
    else:
        return False
    return near.end == amount.start and not row.text[end_of_it:end].strip(PARTICLES)


def _fewer_came(row: Row, index: int, amount: Amount) -> bool:
    """Did fewer of the same come than this many?"""
    came = next(iter(row.amounts_before(index)), None)
    return came is not None and came.roles == (RECEIVED,) and is_fewer(came, amount)


def _is_packing(row: Row, before: Amount, amount: Amount) -> bool:
    """60粒一瓶: the 一瓶 only says how they are packed."""
    alike = before.unit in {None, amount.unit} and not _is_large(row, amount)  # 24小包的一大包
    if amount.value != 1 or amount.start - before.end > 1 or alike:
        return False
    behind = row.text[amount.end : amount.end + 1]
    if behind in {"都", "也", "没", "少", "只", "就"} or amount.unit not in row.words.containers | _PACKED_IN:
        return False
    again = any(a.start > amount.end and a.unit == before.unit and is_fewer(a, before) for a in row.amounts())
    # 10包一提的; 48包一箱，结果46包
    return again or before.unit not in row.words.containers or row.text[before.end] == "装" or behind == "的"


def _is_large(row: Row, amount: Amount) -> bool:
    return "大" in row.text[amount.start : amount.end]


def _is_their_weight(row: Row, before: Amount, amount: Amount) -> bool:
    """3盒1.5斤: how heavy the three are."""
    weigh = row.words.amounts.is_weight
    return before.end == amount.start and before.value != 1 and weigh(amount.unit) and not weigh(before.unit)


def _holder(row: Row, index: int, amount: Amount) -> int | None:
    """The place of the 一箱 in 一箱12瓶 and 一箱是12瓶, and of the 两箱 in 两箱加起来23瓶."""
    whole = next(iter(row.amounts_before(index)), None)
    if whole and row.words.phrases["added_up"].fullmatch(row.text, whole.end, amount.start):
        return row.items.index(whole) if whole.unit in row.words.containers and whole.unit != amount.unit else None
    if whole and is_one_pack(row, whole, amount):
        place = row.items.index(whole)
        between = row.items[place + 1 : index]
        return None if any(is_end(item) or is_cue(item, MISSING, "absent") for item in between) else place
    place = index - 1
    cue = row.text[row.items[place].start : row.items[place].end] if place >= 0 else ""
    if cue in {"是", "有"} and index > 1:
        place -= 1
    holder = row.at(place)
    if not isinstance(holder, Amount) or amount.sort:
        return None
    if holder.unit == amount.unit and not _is_large(row, holder):  # 一大袋20小袋
        return None
    touches = amount.start - holder.end <= 1 and (place == index - 1 or holder.value == 1)
    return place if touches and holder.unit in row.words.containers else None


def _is_feature(row: Row, index: int, amount: Amount) -> bool:
    """USB口只有两个: how a thing is built, not how many came."""
    start, _ = row.clause(amount.start)
    if row.text.endswith(row.words.features, start, row.first_in_clause(amount.start)):
        return True
    before = next(iter(row.amounts_before(index)), None)  # 有两个口袋，我的只有一个
    built_with = before is not None and not before.of_goods and row.text.startswith(row.words.features, before.end)
    return built_with and before is not None and same_unit(before.unit, amount.unit)


def _is_per_each(row: Row, index: int, amount: Amount) -> bool:
    """两箱, 每箱12瓶, 两箱各24瓶: how many that is in all is for the order to say."""
    each = row.words.phrases["per_each"].search(row.text[max(0, amount.start - 5) : amount.start])
    if each and each[0].startswith(_EACH_TIME):
        return True
    return bool(each) and any(isinstance(i, Amount) and i.value != 1 for i in row.items[max(0, index - 12) : index])


def _is_asked_after(row: Row, index: int, amount: Amount) -> bool:
    """剩下的两件什么时候发, 另一只呢; but not 还有两件什么时候能退."""
    rest = row.words.rest.search(row.text[max(0, amount.start - 6) : amount.start])
    following = row.at(index + 1)
    wished = isinstance(following, Cue) and following.kind in {"other", "spoilt"} and row.text[following.start] != "补"
    return bool(rest) and not wished and bool(row.words.asked_after.match(row.text, amount.end))


def _is_judged_behind(row: Row, index: int, amount: Amount) -> bool:
    """两瓶碎了, 一个都没少: here, whatever else is wrong."""
    behind = row.right(index)
    return bool(behind) and behind[0].kind in {"spoilt", "intact"} and behind[0].start - amount.end <= CLOSE


def _came_alone(row: Row, index: int, amount: Amount) -> bool:
    """六把椅子，五把到了, 六把椅子五把到了: of more of the same, this many came."""
    start, _ = row.clause(amount.start)
    spoken_of = row.text[start : amount.start].strip()
    fine = spoken_of in row.words.others and row.words.phrases["fine"].match(row.text, amount.end)
    if not fine and not row.words.phrases["came"].match(row.text, amount.end):
        return False
    alone = spoken_of in {"", *row.words.others}
    of_these = any(is_fewer(amount, other) for other in row.amounts_before(index) if other.start >= start)
    return of_these or (alone and any(other is not amount and other.unit == amount.unit for other in row.amounts()))


def _some_are_missing(row: Row, index: int) -> bool:
    """里面10包少了3包, 里面20包，实际18包: the ten and the twenty were to be in it."""
    position = row.next_amount(index)
    between = row.items[index + 1 : position]
    if position is None or not between:
        return False
    fewer = is_fewer(row.items[position], row.items[index]) and all(is_cue(i, RECEIVED) for i in between[1:])
    of_these = between[1:] if row.text.startswith("的,", row.items[index].end) else between  # 盒里24根的，少了5根
    return all(is_cue(item, MISSING) for item in of_these) or (is_end(between[0], CLAUSE_END) and fewer)


def _is_turn(row: Row, index: int, amount: Amount, near: Cue | None) -> bool:
    """说是5件，怎么4件: fewer than were said to be ordered just before."""
    if near is None or near.kind != "turns" or near.end != amount.start:
        return False
    earlier = next(iter(row.amounts_before(index)), None)
    if earlier is None or not earlier.of_goods or earlier.roles not in {(), (ORDERED,)}:
        return False
    return is_fewer(amount, earlier)


def _multiply(row: Row, index: int, amount: Amount, near: Cue) -> None:
    """两盒各少一片 are two; 每盒少一片 is for the order to say."""
    each = row.words.each.search(row.text[max(0, near.start - 6) : near.start])
    if not each:
        return
    said_from = max(0, near.start - 6) + each.start()
    parcels = row.words.phrases["parcels"]
    earlier = [
        other
        for other in row.amounts_before(index)
        if other.start < said_from and (other.of_goods or parcels.match(row.text, other.end))
    ]
    if len(earlier) == 1 and earlier[0].value and amount.value and not earlier[0].share:
        amount.value *= earlier[0].value
        earlier[0].container, earlier[0].roles = True, ()
    elif earlier or each[0] != "都":  # 总是都少一件 is no multiple
        amount.drop()
