"""What each amount of a row counts: goods ordered, received, missing, or none of it.

The cue before an amount says it (收到 两件), or the "没发" behind it; of an amount that opens the sentence
(三件只来了俩) it is said by what is said of the next one.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bot.nlu.numbers import CHINESE_NUMERALS
from bot.nlu.quantities.answer import MISSING, ORDERED, RECEIVED, same_unit
from bot.nlu.quantities.items import (
    CLAUSE_END,
    ENDS,
    HIDDEN,
    PARTICLES,
    Amount,
    Cue,
    Item,
    Row,
    is_cue,
    is_end,
)

_FARTHEST_CUE = 12  # characters between a cue and its amount: 收到的蓝色纯棉袜子两双
_FARTHEST_ABSENCE = 8  # characters between an amount and "没发": 两双蓝色纯棉袜子没发
_CLOSE = 2  # characters between an amount and what is said of it alone: 两瓶都碎了
_LONGEST_NAME = 6
_BOTTLE = "瓶"  # packs pills (60粒一瓶), though bottles are mostly counted themselves
_ONLY = "只就才仅"
_ALL = ("都", "也", "全", "全都")
_AND = re.compile(r"(?:和|跟|以及|加|还有|、|,)$")
_TOGETHER = re.compile(r"(?:和|跟|以及|加|、)$")
_PRICE_OF = re.compile(r"的?(?:钱|价|货款|款)")
_ALL_ARRIVED = re.compile(r"[^,。!?;…~]{0,8}?(?:都|全|全都)(?:已经)?(?:收到|到)货?了?(?=[,。!;…~ ]|$)")
_ARRIVED = re.compile(rf"[^,。!?;…~0-9{CHINESE_NUMERALS}没未]{{0,8}}?(?:收到了?|到货?了|来了)(?=[,。!;…~ ]|$)")
_NO_NAME = re.compile(r"[的了那这呢啊呀]")


def assign(row: Row) -> bool:
    """Give the amounts their roles. False when several things are counted, so that no single count says how many."""
    for index, item in enumerate(row.items):
        if isinstance(item, Amount):
            if item.share:
                _take_share(row, index, item)
            if item.of_goods:
                _judge(row, index, item)
    _correct(row)
    _unbundle(row)
    _drop_asked(row)
    _choose_kind(row)
    _topics(row)
    return not _lists_several(row)


# --- one amount ---------------------------------------------------------------------------------------------------


def _judge(row: Row, index: int, amount: Amount) -> None:
    """Decide what one amount counts, from what stands before and behind it."""
    before, cues = row.at(index - 1), row.left(index)
    if isinstance(before, Amount) and _is_packing(row, before, amount):
        amount.container = True
        return
    if isinstance(before, Amount) and _holds(row, before, amount):
        before.container, before.roles, cues = True, (), row.left(index - 1)
    while cues and cues[-1].kind == "corrections":
        cues.pop()
    near = cues[-1] if cues and amount.start - cues[-1].end <= _FARTHEST_CUE else None
    kind = near.kind if near else None
    absence = _absence_behind(row, index, amount)
    if _is_feature(row, index, amount) or (_is_per_each(row, index, amount) and kind != MISSING):
        amount.drop()
    elif _is_asked_after(row, index, amount):
        amount.roles = (MISSING,)
    elif _is_judged_behind(row, index, amount) and kind not in {ORDERED, MISSING, "due"}:
        amount.drop()
    elif absence is not None:
        _judge_absent(row, amount, near, everything=absence.endswith(_ALL))
    else:
        _judge_by_cues(row, index, amount, cues, near)
    if MISSING in amount.roles and near and kind == MISSING:
        _multiply(row, index, amount, near)


def _judge_by_cues(row: Row, index: int, amount: Amount, cues: list[Cue], near: Cue | None) -> None:
    """Decide by the words before an amount: 收到 两件."""
    kind = near.kind if near else None
    promised = any(cue.kind == "due" for cue in cues)
    if near and kind == "other" and row.text[near.start] == "送" and any(c.kind in {"due", "supposed"} for c in cues):
        kind, promised = "due", True  # 说好送两个
    if near and kind == RECEIVED and (row.corrected < amount.start or row.text[near.start] in _ONLY):
        promised = False
    denied = kind == MISSING and len(cues) > 1 and cues[-2].kind == "denied"
    if denied or kind in {"denied", "intact", "other", "spoilt"}:
        amount.drop()
    elif _PRICE_OF.match(row.text, amount.end):
        amount.roles = (ORDERED,)
    elif kind in {MISSING, "absent"}:
        amount.roles = (MISSING,)
    elif kind in {"supposed", "gifts"} or amount.sort:
        return  # 说发了五包; 三件套 is one: how many were ordered only if the next amount says so
    elif promised:
        amount.roles = (ORDERED,)
    elif kind == ORDERED and _ALL_ARRIVED.match(row.text, amount.end):
        amount.roles = (ORDERED, RECEIVED)
    elif kind == "inside":
        amount.roles = () if _some_are_missing(row, index) else (RECEIVED,)
    elif kind in {ORDERED, RECEIVED}:
        amount.roles = (str(kind),)
    elif kind == "have" and len(cues) > 1 and cues[-2].kind in {RECEIVED, "inside"}:
        amount.roles = () if _is_described(row, index) else (RECEIVED,)
    elif kind == "have" and any(cue.kind == ORDERED for cue in cues):
        amount.roles = (ORDERED,)
    elif near and kind == "turns" and near.end == amount.start and _is_less(row, index, amount):
        amount.roles = (RECEIVED,)


def _judge_absent(row: Row, amount: Amount, near: Cue | None, *, everything: bool) -> None:
    """Decide by the "没发" behind an amount."""
    kind = near.kind if near else None
    if kind in {"other", "spoilt", "denied"} or amount.unit in row.words.weights:  # 10斤大米没发 is one sack
        amount.drop()
    elif row.words.rest.search(row.text[max(0, amount.start - 6) : amount.start]):
        amount.roles = (MISSING,)
    elif everything and kind == ORDERED:
        amount.roles = (ORDERED, MISSING)
    elif everything and amount.value == 1:
        amount.roles, amount.zero = (RECEIVED,), True
    elif kind == ORDERED:
        amount.roles = (ORDERED,)
    elif near is not None and kind == RECEIVED and amount.start - near.end <= 1:
        return
    elif amount.value != 1 or kind in {MISSING, "due", "gifts"} or _is_singled_out(row, amount):
        amount.roles = (MISSING,)


def _is_packing(row: Row, before: Amount, amount: Amount) -> bool:
    """60粒一瓶: the 一瓶 only says how they are packed."""
    return (
        amount.value == 1
        and amount.start - before.end <= 1
        and amount.unit in row.words.containers | {_BOTTLE}
        and before.unit not in row.words.containers
        and before.unit is not None
        and row.text[amount.end : amount.end + 1] not in {"都", "也", "没", "少", "只", "就"}
    )


def _holds(row: Row, before: Amount, amount: Amount) -> bool:
    adjacent = amount.start - before.end <= 1
    return adjacent and not amount.sort and before.unit in row.words.containers and before.unit != amount.unit


def _is_feature(row: Row, index: int, amount: Amount) -> bool:
    """USB口只有两个: how a thing is built, not how many came."""
    start, _ = row.clause(amount.start)
    if row.text.endswith(row.words.features, start, row.first_in_clause(amount.start)):
        return True
    before = next(iter(row.amounts_before(index)), None)  # 有两个口袋，我的只有一个
    return before is not None and not before.of_goods and row.text.startswith(row.words.features, before.end)


def _is_per_each(row: Row, index: int, amount: Amount) -> bool:
    """两箱, 每箱12瓶: how many that is in all is for the order to say."""
    each = row.text.rfind("每", max(0, amount.start - 3), amount.start)
    return each >= 0 and any(isinstance(i, Amount) and i.value != 1 for i in row.items[max(0, index - 12) : index])


def _is_asked_after(row: Row, index: int, amount: Amount) -> bool:
    """剩下的两件什么时候发, 另一只呢; but not 还有两件什么时候能退."""
    rest = row.words.rest.search(row.text[max(0, amount.start - 6) : amount.start])
    following = row.at(index + 1)
    wished = isinstance(following, Cue) and following.kind in {"other", "spoilt"} and row.text[following.start] != "补"
    return bool(rest) and not wished and bool(row.words.asked_after.match(row.text, amount.end))


def _is_judged_behind(row: Row, index: int, amount: Amount) -> bool:
    """两瓶碎了, 一个都没少: here, whatever else is wrong."""
    behind = row.right(index)
    return bool(behind) and behind[0].kind in {"spoilt", "intact"} and behind[0].start - amount.end <= _CLOSE


def _absence_behind(row: Row, index: int, amount: Amount) -> str | None:
    """What stands between an amount and the "没发" said of it, or None when nothing of the kind is said."""
    following = row.at(index + 1)
    if not isinstance(following, Cue) or following.start - amount.end > _FARTHEST_ABSENCE:
        return None
    if row.text[following.start : following.end] in row.words.gone:
        if row.text[following.end : following.end + 1].strip() not in {"", *PARTICLES, *ENDS, HIDDEN}:
            return None  # 六件的茶具少了杯盖: said of the lid
    elif following.kind != "absent":
        return None
    for item in row.items[index + 2 : index + 4]:
        if is_end(item):
            break
        if isinstance(item, Amount):  # 拍两件漏发一件: said of the next
            return None
    return row.text[amount.end : following.start]


def _is_singled_out(row: Row, amount: Amount) -> bool:
    return row.text[max(0, amount.start - 4) : amount.start].rstrip().endswith(row.words.singled_out)


def _some_are_missing(row: Row, index: int) -> bool:
    """里面10包少了3包, 里面20包，实际18包: the ten and the twenty were to be in it."""
    position = row.next_amount(index)
    between = row.items[index + 1 : position]
    if position is None or not between:
        return False
    fewer = _is_fewer(row.items[position], row.items[index]) and all(is_cue(i, RECEIVED) for i in between[1:])
    return all(is_cue(item, MISSING) for item in between) or (is_end(between[0], CLAUSE_END) and fewer)


def _is_fewer(one: Item, other: Item) -> bool:
    if not isinstance(one, Amount) or not isinstance(other, Amount):
        return False
    return same_unit(one.unit, other.unit) and (one.value or 0) < (other.value or 0)


def _is_described(row: Row, index: int) -> bool:
    """三个里有一个是空的: says what one is like, not how many came."""
    return is_cue(row.at(index + 1), "have", "other", "spoilt")


def _is_less(row: Row, index: int, amount: Amount) -> bool:
    """说是5件，怎么4件: fewer than were said to be ordered just before."""
    earlier = row.amounts_before(index)
    return bool(earlier) and earlier[0].roles == (ORDERED,) and _is_fewer(amount, earlier[0])


def _multiply(row: Row, index: int, amount: Amount, near: Cue) -> None:
    """两盒各少一片 are two; 每盒少一片 is for the order to say."""
    each = row.words.each.search(row.text[max(0, near.start - 6) : near.start])
    if not each:
        return
    said_from = max(0, near.start - 6) + each.start()
    earlier = [other for other in row.amounts_before(index) if other.of_goods and other.start < said_from]
    if len(earlier) == 1 and earlier[0].value and amount.value and not earlier[0].share:
        amount.value *= earlier[0].value
        earlier[0].container, earlier[0].roles = True, ()
    elif earlier or each[0] != "都":  # 总是都少一件 is no multiple
        amount.drop()


def _take_share(row: Row, index: int, amount: Amount) -> None:
    """买了10个少了一半: half of what was said before, when it comes out even."""
    whole = next(iter(row.amounts_before(index)), None)
    if whole and whole.of_goods and whole.value and amount.share:
        part = whole.value * amount.share
        if part.denominator == 1:
            amount.value, amount.unit = int(part), whole.unit


# --- amounts among each other -------------------------------------------------------------------------------------


def _correct(row: Row) -> None:
    """少了3个，哦不，4个: the amount right after a correction counts what the one before did."""
    roles: tuple[str, ...] = ()
    corrected = -_FARTHEST_CUE
    for item in row.items:
        if isinstance(item, Amount):
            if not item.roles and item.of_goods and item.start - corrected <= _CLOSE:
                item.roles = roles
            roles = item.roles or roles
        elif item.kind == "corrections" and row.text.endswith((*ENDS, " "), 0, item.start):
            corrected = item.end


def _drop_asked(row: Row) -> None:
    """发的是2件吗, 收到三件？我只收到两件: not said to have come. 买3件有优惠吗: not yet ordered."""
    came = [amount for amount in row.amounts() if amount.roles == (RECEIVED,)]
    for amount in came:
        echoed = row.text.startswith("?", amount.end) and amount is not came[-1]
        if echoed or row.text.startswith("吗", amount.end):
            amount.drop()
    for index, item in enumerate(row.items):
        if isinstance(item, Amount) and item.roles == (ORDERED,):
            _, end = row.clause(item.start)
            asked = row.text[end - 1] in "吗么不" and any(cue.kind == "other" for cue in row.right(index))
            if asked:
                item.drop()


def _unbundle(row: Row) -> None:
    """拍一发三, 买一箱到手48包: an offer, by which the second number is ordered. 拍二发四，收到3罐 likewise."""
    amounts = row.amounts()
    for one, many in pairwise(amounts):
        between = row.text[one.end : many.start]
        if between not in row.words.bundles or (one.roles, many.roles) != ((ORDERED,), (RECEIVED,)):
            continue
        counted_again = many is not amounts[-1] and _is_fewer(one, many)
        if (one.value == 1 or counted_again) and (one.unit is None or one.unit != many.unit):
            one.container, one.roles, many.roles = True, (), (ORDERED,)


def _choose_kind(row: Row) -> None:
    """碗6个盘子4个，盘子少了一个: of several kinds that were ordered, the one that is named again; none if none is."""
    kinds = _kinds(row)
    if not kinds:
        return
    said = [
        amount
        for amount in row.amounts()
        if amount.start > kinds[-1].end and {RECEIVED, MISSING} & {*amount.roles} and amount.of_goods
    ]
    chosen = {_meant(row, kinds, amount) for amount in said}
    meant = chosen.pop() if len(chosen) == 1 else None
    for kind in kinds:
        if kind is meant:
            kind.roles = (ORDERED,)
        else:
            kind.drop()


def _kinds(row: Row) -> list[Amount]:
    """The amounts of the first enumeration: 3件衣服2条裤子."""
    kinds: list[Amount] = []
    for one, other in pairwise(row.items):
        if kinds and one is not kinds[-1]:
            break
        if not isinstance(one, Amount) or not isinstance(other, Amount) or not {*one.roles} <= {ORDERED} or other.roles:
            continue
        if _may_be_a_kind(row, one) and _may_be_a_kind(row, other):
            kinds = [*(kinds or [one]), other]
    return kinds


def _may_be_a_kind(row: Row, amount: Amount) -> bool:
    return bool(
        amount.value
        and amount.unit
        and amount.of_goods
        and not (amount.container or amount.sort or amount.zero or amount.share)
        and amount.unit not in row.words.weights
    )


def _meant(row: Row, kinds: list[Amount], said: Amount) -> Amount | None:
    """The kind whose name stands beside what is said, or else the only one counted in the same unit."""
    start, end = row.clause(said.start)
    name_first = row.text[kinds[-1].end : kinds[-1].end + 1].strip() in {"", *ENDS}  # 裤子2条, not 2条裤子
    for place in (row.text[start : row.first_in_clause(said.start)], row.text[said.end : end]):
        name = _NO_NAME.sub("", place)
        if not 0 < len(name) <= _LONGEST_NAME:
            continue
        if name_first:
            named = [kind for kind in kinds if row.text.endswith(name, 0, kind.start)]
        else:
            named = [kind for kind in kinds if name in row.text[kind.end : kind.end + len(name) + 1]]
        if len(named) == 1:
            return named[0]
    alike = [kind for kind in kinds if kind.unit == said.unit]
    return alike[0] if len(alike) == 1 else None


def _topics(row: Row) -> None:
    """三件只来了俩, 10个里有3个没有: an amount about which the next one says something was ordered."""
    for index in range(len(row.items) - 1, -1, -1):
        topic = row.items[index]
        if not isinstance(topic, Amount) or topic.roles or topic.value is None or topic.container or not topic.of_goods:
            continue
        # 你确定发了3包？我只有2包
        position = row.next_amount(index, across=is_cue(row.at(index - 1), "supposed"))
        said = row.at(position) if position is not None else None
        if position is None or not isinstance(said, Amount):
            continue
        if row.text.endswith(row.words.partitive, 0, topic.start) and topic.value == 1 and topic.unit != said.unit:
            topic.container = True
            if said.roles == (RECEIVED,) and said.value is not None and (whole := _in(row, topic, said.unit)) > 1:
                said.value, said.roles = whole - said.value, (MISSING,)
            continue
        if topic.sort and not (topic.unit == said.unit or {topic.unit, said.unit} <= {None, *row.words.general}):
            continue
        only_have = [cue.kind for cue in row.left(position)] == ["have"]
        if only_have and not said.roles and said.of_goods and said.value is not None:
            if topic.unit in row.words.containers and topic.unit != said.unit:
                topic.container = True  # 一箱是12瓶
                continue
            if same_unit(topic.unit, said.unit) and said.value < topic.value and not _is_described(row, position):
                said.roles = (RECEIVED,)  # 12瓶里有10瓶
        if _TOGETHER.search(row.text[topic.end : said.start]) or _ARRIVED.match(row.text, topic.end):
            continue  # 碗四个都到了，勺子少一把: said of another thing
        counts = said.roles in {(RECEIVED,), (MISSING,)}
        if counts and (said.zero or said.value is None or said.value <= _in(row, topic, said.unit)):
            topic.roles = (ORDERED,)


def _in(row: Row, amount: Amount, unit: str | None) -> int:
    """两副 are four 只."""
    return (amount.value or 0) * (2 if unit in row.words.pairs.get(amount.unit or "", ()) else 1)


def _lists_several(row: Row) -> bool:
    """少了2双袜子和1条毛巾: several things are missing, and no single count says how many."""
    missing = [amount for amount in row.amounts() if amount.of_goods and MISSING in amount.roles]
    named = {amount.unit for amount in missing if amount.unit}
    differ = len(named) > 1 and len({amount.value for amount in missing}) > 1
    if len(named - row.words.general) > 1 or differ:
        return not any(is_cue(item, "corrections") for item in row.items)
    previous: Amount | None = None
    for item in row.amounts():
        if not item.of_goods or item.unit in row.words.weights:
            continue
        between = row.text[previous.end : item.start] if previous else ""
        explains = row.text.startswith((*_ALL, "里"), item.end)  # 少了两件，一件都没补
        if previous and MISSING in previous.roles and not item.roles and not explains and _AND.search(between[-20:]):
            return True
        said_absent = item.zero or MISSING in item.roles
        if previous and not previous.roles and said_absent and _TOGETHER.search(between):
            return True  # 两包纸和一瓶油都没到
        previous = item
    return False
