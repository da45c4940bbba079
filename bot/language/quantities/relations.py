"""What amounts count because of one another: corrections, bundles, lists, and a topic of which the next one speaks."""

from __future__ import annotations

import re
from itertools import pairwise

from bot.language.quantities.amounts import MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.answer import same_unit
from bot.language.quantities.items import ENDS, PARTICLES, SENTENCE_END, Item, Row, is_cue, is_end

FARTHEST_CUE = 12  # characters between a cue and its amount: 收到的蓝色纯棉袜子两双
CLOSE = 2  # characters between an amount and what is said of it alone: 两瓶都碎了
_LONGEST_NAME = 6
ALL = ("都", "也", "全", "全都")
_NAME = re.compile(r"[\u4e00-\u9fff]+")
_NO_NAME = re.compile(r"[的了那这呢啊呀]")


def relate(row: Row) -> None:
    """Complete and correct the roles that each amount was given by itself."""
    _correct(row)
    _unbundle(row)
    _doubt_sender(row)
    _doubt_total(row)
    _believe_denied(row)
    _drop_parcels(row)
    _drop_asked(row)
    _drop_supposed(row)
    _choose_kind(row)
    _topics(row)
    _turn(row)
    _list(row)


def is_fewer(one: Item, other: Item) -> bool:
    if not isinstance(one, Amount) or not isinstance(other, Amount):
        return False
    return same_unit(one.unit, other.unit) and (one.value or 0) < (other.value or 0)


def is_described(row: Row, index: int) -> bool:
    """三个里有一个是空的: says what one is like, not how many came."""
    behind = row.at(index + 1)
    close = behind is not None and behind.start - row.items[index].end <= CLOSE
    return close and is_cue(behind, "have", "other", "spoilt")


def _correct(row: Row) -> None:
    """少了3个，哦不，4个: the amount right after a correction counts what the one before did."""
    roles: tuple[str, ...] = ()
    corrected = -FARTHEST_CUE
    for item in row.items:
        if isinstance(item, Amount):
            if not item.roles and item.of_goods and item.start - corrected <= CLOSE:
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
    for item in row.amounts():
        if item.roles == (ORDERED,):
            _, end = row.clause(item.start)
            wishes = any(word in row.text[item.end : end] for word in row.words.before_buying)
            if wishes and row.text[end - 1] in "吗么不":
                item.drop()


def _drop_supposed(row: Row) -> None:
    """万一少了两个你们补吗: supposed, to the end of the sentence. 楼上说缺2颗: of somebody else, in that clause."""
    supposed = hearsay = False
    for item in row.items:
        if isinstance(item, Amount):
            if supposed or hearsay:
                item.drop()
        else:
            supposed = item.kind == "supposing" or (supposed and not is_end(item, SENTENCE_END))
            hearsay = item.kind == "hearsay" or (hearsay and not is_end(item))


def _unbundle(row: Row) -> None:
    """拍一发三, 买一箱到手48包: an offer, by which the second number is ordered. 拍二发四，收到3罐 likewise."""
    amounts = row.amounts()
    for one, many in pairwise(amounts):
        between = row.text[one.end : many.start]
        if between not in row.words.bundles or (one.roles, many.roles) != ((ORDERED,), (RECEIVED,)):
            continue
        counted_again = many is not amounts[-1] and is_fewer(one, many)
        if (one.value == 1 or counted_again) and (one.unit is None or one.unit != many.unit):
            one.container, one.roles, many.roles = True, (), (ORDERED,)


def _doubt_sender(row: Row) -> None:
    """你们发了两箱，我只签了一箱: what is said to have been sent was ordered, where fewer came."""
    for sent, got in pairwise(amount for amount in row.amounts() if amount.roles == (RECEIVED,)):
        if is_fewer(got, sent) and (_was_sent(row, sent) > _was_sent(row, got) or _turns(row, got)):
            known = any(ORDERED in amount.roles for amount in row.amounts())
            sent.roles = () if known else (ORDERED,)


def _doubt_total(row: Row) -> None:
    """里面一共5件，应该6件: fewer than were ordered are what came."""
    ordered = [amount for amount in row.amounts() if amount.roles == (ORDERED,)]
    if len(ordered) == 2 and not any(RECEIVED in amount.roles for amount in row.amounts()):
        for total, whole in (ordered, ordered[::-1]):
            cues = row.left(row.items.index(total))
            if is_fewer(total, whole) and cues and row.text[cues[-1].start : cues[-1].end] in row.words.totals:
                total.roles = (RECEIVED,)


def _believe_denied(row: Row) -> None:
    """不是3包，就1包: there should have been three."""
    if any(ORDERED in amount.roles for amount in row.amounts()):
        return
    for denied, came in pairwise(row.amounts()):
        if denied.denied and came.roles == (RECEIVED,) and is_fewer(came, denied):
            denied.of_goods, denied.roles = True, (ORDERED,)


def _drop_parcels(row: Row) -> None:
    """两个包裹只到一个，少了3件: what came are parcels, where goods are missing."""
    if not any(MISSING in amount.roles for amount in row.amounts()):
        return
    for parcels, came in pairwise(row.amounts()):
        in_parcels = row.words.phrases["parcels"].match(row.text, parcels.end) and same_unit(parcels.unit, came.unit)
        if in_parcels and came.roles == (RECEIVED,):
            came.drop()


def _turns(row: Row, amount: Amount) -> bool:
    """说到手6瓶，结果到手5瓶."""
    return any(cue.kind == "turns" for cue in row.left(row.items.index(amount)))


def _was_sent(row: Row, amount: Amount) -> bool:
    cues = row.left(row.items.index(amount))
    return bool(cues) and row.text[cues[-1].start : cues[-1].end] in row.words.sent


def _turn(row: Row) -> None:
    """钱付了两份，货一份; 应该有10块，这里9块: of what was ordered the last word is that there are fewer."""
    amounts = row.amounts()
    if len(amounts) < 2 or amounts[-1].roles or not amounts[-1].of_goods or amounts[-1].value is None:
        return
    before, last = amounts[-2:]
    start, end = row.clause(last.start)
    alone = len(row.text[start : last.start].strip()) <= CLOSE and not row.text[last.end : end].strip(PARTICLES)
    ordered = before.roles == (ORDERED,) or (
        before.of_goods and is_cue(row.at(row.items.index(before) - 1), "supposed")
    )
    if alone and before.end <= start and ordered and is_fewer(last, before):
        before.roles, last.roles = (ORDERED,), (RECEIVED,)


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
    alike = len({amount.unit for amount in (*kinds, *said)}) == 1
    came = bool(said) and all(amount.roles == (RECEIVED,) for amount in said)
    if meant is None and came and alike and not any(_is_named(row, amount) for amount in said):
        meant = kinds[0]  # M码2件L码1件，只到了2件: of all of them
        meant.value = sum(kind.value or 0 for kind in kinds)
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
        and not row.words.amounts.is_weight(amount.unit)
    )


def _meant(row: Row, kinds: list[Amount], said: Amount) -> Amount | None:
    """The kind whose name stands beside what is said, or else the only one counted in the same unit."""
    start, end = row.clause(said.start)
    for place in (row.text[start : row.first_in_clause(said.start)], row.text[said.end : end]):
        name = _NO_NAME.sub("", place)
        if not 0 < len(name) <= _LONGEST_NAME:
            continue
        before = [
            k for k in kinds if _NO_NAME.sub("", row.text[max(0, k.start - _LONGEST_NAME) : k.start]).endswith(name)
        ]
        behind = [k for k in kinds if name in row.text[k.end : k.end + len(name) + 1]]
        name_first = row.text[kinds[-1].end : kinds[-1].end + 1].strip() in {"", *ENDS}  # 裤子2条, not 2条裤子
        for named in (before, behind) if name_first else (behind, before):
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
        if position is None:
            position = _next_sentence(row, index)
        said = row.at(position) if position is not None else None
        if position is None or not isinstance(said, Amount):
            continue
        if row.text.endswith(row.words.partitive, 0, topic.start) and topic.value == 1 and topic.unit != said.unit:
            topic.container = True
            if said.roles == (RECEIVED,) and said.value is not None and (whole := _in(row, topic, said.unit)) > 1:
                said.value, said.roles = whole - said.value, (MISSING,)
            continue
        if topic.offer and not same_unit(topic.unit, said.unit):
            continue
        if topic.sort and topic.unit != said.unit and _is_named(row, said):
            continue  # 四件套，枕套就一个
        general = {topic.unit, said.unit} <= {None, *row.words.general}
        if topic.sort and not (general or row.words.amounts.compares(topic.unit, said.unit)):
            continue
        only_have = [cue.kind for cue in row.left(position)] == ["have"]
        if only_have and not said.roles and said.of_goods and said.value is not None:
            if topic.unit in row.words.containers and topic.unit != said.unit:
                topic.container = True  # 一箱是12瓶
                continue
            if same_unit(topic.unit, said.unit) and said.value < topic.value and not is_described(row, position):
                said.roles = (RECEIVED,)  # 12瓶里有10瓶
        if row.words.phrases["together"].search(row.text[topic.end : said.start]) or row.words.phrases["arrived"].match(
            row.text, topic.end
        ):
            continue  # 碗四个都到了，勺子少一把: said of another thing
        counts = said.roles in {(RECEIVED,), (MISSING,)}
        if said.value is None:
            fits = same_unit(topic.unit, said.unit)  # 100个里少了几个
        else:
            fits = said.zero or said.value <= _in(row, topic, said.unit)
        if counts and fits:
            topic.roles = (ORDERED,)


def _next_sentence(row: Row, index: int) -> int | None:
    """一单6双啊！到我手里成了5双: fewer of the same in the next sentence."""
    position = row.next_amount(index, across=True)
    if position is None:
        return None
    topic, said = row.items[index], row.items[position]
    if not isinstance(topic, Amount) or not isinstance(said, Amount) or topic.unit is None or topic.unit != said.unit:
        return None
    return position if said.roles == (RECEIVED,) and is_fewer(said, topic) else None


def _is_named(row: Row, amount: Amount) -> bool:
    """Is what it counts named in its own clause: 枕套就一个, 少了一个枕套?"""
    start, _ = row.clause(amount.start)
    before = _NO_NAME.sub("", row.text[start : row.first_in_clause(amount.start)])
    return bool(_NAME.match(before) or _NAME.match(_NO_NAME.sub("", row.text[amount.end : amount.end + 2])))


def _in(row: Row, amount: Amount, unit: str | None) -> float:
    """两副 are four 只; what does not compare stays as it is."""
    value = amount.value or 0
    converted = row.words.amounts.into(value, amount.unit, unit)
    return value if converted is None else converted


def _list(row: Row) -> None:
    """少了2双袜子和1条毛巾, 两包纸和一瓶油都没到: what is listed with what is missing is missing as well."""
    previous: Amount | None = None
    for item in row.amounts():
        if not item.of_goods or row.words.amounts.is_weight(item.unit):
            continue
        between = row.text[previous.end : item.start] if previous else ""
        explains = row.text.startswith((*ALL, "里"), item.end)  # 少了两件，一件都没补
        if previous and MISSING in previous.roles and not item.roles and not explains:
            named = 0 < len(between) <= _LONGEST_NAME and _NAME.fullmatch(between.strip())  # 少一个锅盖两把铲子
            if named or row.words.phrases["and"].search(between[-20:]):
                item.roles = (MISSING,)
        absent = item.zero or MISSING in item.roles
        if previous and not previous.roles and absent and row.words.phrases["together"].search(between):
            previous.roles, item.roles, item.zero = (MISSING,), (MISSING,), False
        previous = item
