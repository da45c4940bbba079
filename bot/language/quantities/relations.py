"""What amounts count because of one another: corrections, bundles, lists, and a topic of which the next one speaks."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from bot.language.quantities.amounts import HALF, MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.contrasts import (
    believe_denied,
    believe_recount,
    doubt_delivery,
    doubt_sender,
    doubt_total,
    drop_parcels,
    hear_last_word,
)
from bot.language.quantities.items import (
    CLOSE,
    ENDS,
    FARTHEST_CUE,
    PARTICLES,
    SENTENCE_END,
    Row,
    is_cue,
    is_described,
    is_end,
    is_fewer,
    is_named,
    same_unit,
)
from bot.language.quantities.parcels import count_parcels
from bot.language.quantities.several import add_variants, choose_kind, join_list

_LONGEST_SLIP = 5  # characters between a correction and what holds: 哦数错了，是2包


def relate(row: Row) -> None:
    """Complete and correct the roles that each amount was given by itself."""
    _divide(row)
    _take_shares(row)
    _drop_halves(row)
    _correct(row)
    _add_behind(row)
    _unbundle(row)
    doubt_sender(row)
    doubt_total(row)
    doubt_delivery(row)
    believe_denied(row)
    believe_recount(row)
    drop_parcels(row)
    _count_one_of_them(row)
    _drop_asked(row)
    _drop_supposed(row)
    _drop_open(row)
    add_variants(row)
    choose_kind(row)
    _topics(row)
    hear_last_word(row)
    join_list(row)
    _take_offer(row)
    count_parcels(row)


def _take_offer(row: Row) -> None:
    """买三送一，我买了3瓶，只收到3瓶: four were ordered."""
    offer = next((amount for amount in row.amounts() if amount.offer), None)
    for paid in row.amounts() if offer else ():
        if offer and offer.paid == paid.value and paid.roles == (ORDERED,) and paid is not offer:
            offer.roles, paid.roles = (ORDERED,), ()


def _divide(row: Row) -> None:
    """只到了四箱里的三箱: what is said of the four is said of the three."""
    for whole, part in pairwise(row.amounts()):
        if (
            whole.roles
            and not part.roles
            and is_fewer(part, whole)
            and row.words.phrases["of_these"].fullmatch(row.text, whole.end, part.start)
        ):
            part.roles, whole.roles = whole.roles, (ORDERED,)


def _count_one_of_them(row: Row) -> None:
    """两箱，每箱12瓶，有一箱只有10瓶: one box is counted, so that twelve were ordered."""
    amounts = row.amounts()
    for place, each in enumerate(amounts):
        came = next((amount for amount in amounts[place + 1 :] if amount.roles), None) if each.per_each else None
        if (
            came
            and came.roles == (RECEIVED,)
            and is_fewer(came, each)
            and row.words.phrases["one_of_them"].match(row.typed, each.end)
        ):
            each.of_goods, each.roles = True, (ORDERED,)


def _take_shares(row: Row) -> None:
    """买了10个少了一半, 只到一半，我买了10个: a part of what was ordered, where it comes out even."""
    ordered = [amount for amount in row.amounts() if amount.roles == (ORDERED,)]
    for amount in row.amounts():
        if not amount.share:
            continue
        before = row.amounts_before(row.items.index(amount))
        whole = next(iter(before or ordered), None)
        if whole and whole.of_goods and whole.value:
            part = Fraction(whole.value) * amount.share
            if part.denominator == 1:
                amount.value, amount.unit = int(part), whole.unit


def _drop_halves(row: Row) -> None:
    """有一瓶只有半瓶: neither came whole nor is missing."""
    for one, half in pairwise(row.amounts()):
        is_half = half.value is None and row.text.startswith(HALF, half.start) and one.unit == half.unit
        if is_half and one.least and one.roles in {(), (RECEIVED,)} and not is_end(row.at(row.items.index(one) + 1)):
            one.drop()


def _correct(row: Row) -> None:
    """少了3个，哦不，4个: the amount right after a correction counts what the one before did."""
    roles: tuple[str, ...] = ()
    corrected = last = -FARTHEST_CUE
    for item in row.items:
        if isinstance(item, Amount):
            slip = row.text[corrected : item.start] if 0 <= item.start - corrected <= _LONGEST_SLIP else None
            holds = slip is not None and len(slip.strip(PARTICLES + "".join(ENDS) + "是")) < CLOSE
            if holds and item.roles in {(), (ORDERED,)} and item.of_goods:
                item.roles = roles or item.roles
            roles, last = item.roles or roles, item.end
        elif item.kind == "corrections" and (_begins(row.text[: item.start][-3:]) or item.start == last):
            corrected = item.end


def _begins(before: str) -> bool:
    """At a mark, or at the 哦 behind one."""
    return before.rstrip("哦噢啊额呃哎唉诶嗯呀").endswith((*ENDS, " "))


def _add_behind(row: Row) -> None:
    """少发了！两个！: an amount by itself, right after what is said to be missing."""
    for index, item in enumerate(row.items):
        if not isinstance(item, Amount) or item.roles or not item.of_goods or not is_end(row.at(index - 1)):
            continue
        place = index - 1
        while is_end(said := row.at(place)):
            place -= 1
        start, end = row.clause(item.start)
        alone = not (row.text[start : item.start] + row.text[item.end : end]).strip(PARTICLES)
        if said and alone and is_cue(said, MISSING) and not row.text[said.end : start].strip(PARTICLES + "".join(ENDS)):
            item.roles = (MISSING,)


def _drop_asked(row: Row) -> None:
    """发的是2件吗, 收到三件？我只收到两件: not said to have come. 买3件有优惠吗: not yet ordered."""
    came = [amount for amount in row.amounts() if amount.roles == (RECEIVED,)]
    for amount in came:
        echoed = row.text.startswith("?", amount.end) and amount is not came[-1]
        if echoed or row.text.startswith("吗", amount.end):
            amount.drop()
    short = any({RECEIVED, MISSING} & {*amount.roles} and amount.value is not None for amount in row.amounts())
    for item in row.amounts():
        if item.roles == (ORDERED,) and not short:
            _, end = row.clause(item.start)
            behind = row.text[item.end : end]
            asks = row.text[end - 1] in "吗么不" or row.words.phrases["asks"].search(behind)
            wishes = asks and any(word in behind for word in row.words.before_buying)
            if wishes or any(word in behind for word in row.words.how_much):
                item.drop()


def _drop_supposed(row: Row) -> None:
    """万一少了两个你们补吗: supposed, to the end of the sentence. 楼上说缺2颗: of somebody else, in that clause."""
    supposed = hearsay = False
    for index, item in enumerate(row.items):
        if isinstance(item, Amount):
            if supposed or hearsay:
                item.drop()
        else:
            if item.kind == "supposing" and row.word(item).startswith("会不会"):
                for bought in row.amounts_before(index):
                    bought.drop()  # 买3个会不会只发2个
            supposed = item.kind == "supposing" or (supposed and not is_end(item, SENTENCE_END))
            hearsay = item.kind == "hearsay" or (hearsay and not is_end(item))


def _drop_open(row: Row) -> None:
    """好像少2本又好像少3本, 少一个还是两个: which of them, the buyer does not know."""
    for one, other in pairwise(row.amounts()):
        alike = one.unit == other.unit and one.value != other.value and not {*other.roles} - {*one.roles}
        if alike and one.roles == (MISSING,) and row.words.phrases["or"].match(row.text, one.end, other.start):
            one.drop()
            other.drop()


def _unbundle(row: Row) -> None:
    """拍一发三, 买一箱到手48包: an offer, by which the second number is ordered. 拍二发四，收到3罐 likewise."""
    amounts = row.amounts()
    for one, many in pairwise(amounts):
        between = row.text[one.end : many.start]
        if between not in row.words.bundles or (one.roles, many.roles) != ((ORDERED,), (RECEIVED,)):
            continue
        counted_again = many is not amounts[-1] and is_fewer(one, many)
        if (one.value == 1 or counted_again) and (counted_again or one.unit is None or one.unit != many.unit):
            one.container, one.roles, many.roles = True, (), (ORDERED,)


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
        damage = any(map(row.tells_of_damage, range(index + 1, position)))
        if damage and said.roles == (RECEIVED,):
            continue  # 六个碎了俩，只有四个能用
        if topic.offer and not same_unit(topic.unit, said.unit):
            continue
        if topic.sort and topic.unit != said.unit and is_named(row, said):
            continue  # 四件套，枕套就一个
        general = {topic.unit, said.unit} <= {None, *row.words.general}
        if topic.sort and not (general or row.words.amounts.compares(topic.unit, said.unit)):
            continue
        only_have = [cue.kind for cue in row.left(position)] == ["have"]
        if only_have and not said.roles and said.of_goods and said.value is not None:
            if topic.unit in row.words.containers and topic.unit != said.unit:
                topic.container = True  # 一箱是12瓶
                continue
            if (
                same_unit(topic.unit, said.unit)
                and said.value < topic.value
                and not is_described(row, position, FARTHEST_CUE)
            ):
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
            others = [a for a in row.amounts_before(index) if a.roles == (ORDERED,) and a.unit == topic.unit]
            sums_up = any(
                a.value == topic.value + (said.value or 0) for a in others
            )  # 买了六瓶，五瓶是好的，一瓶没见着
            topic.roles = (RECEIVED,) if said.roles == (MISSING,) and sums_up else (ORDERED,)


def _next_sentence(row: Row, index: int) -> int | None:
    """一单6双啊！到我手里成了5双: fewer of the same in the next sentence."""
    position = row.next_amount(index, across=True)
    if position is None:
        return None
    topic, said = row.items[index], row.items[position]
    if not isinstance(topic, Amount) or not isinstance(said, Amount) or topic.unit is None or topic.unit != said.unit:
        return None
    return position if said.roles == (RECEIVED,) and is_fewer(said, topic) else None


def _in(row: Row, amount: Amount, unit: str | None) -> float:
    """两副 are four 只; what does not compare stays as it is."""
    value = amount.value or 0
    converted = row.words.amounts.into(value, amount.unit, unit)
    return value if converted is None else converted
