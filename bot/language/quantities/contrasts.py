"""What came is told from what was ordered where more was than came: 你们发了两箱，我只签了一箱."""

from __future__ import annotations

from itertools import pairwise

from bot.language.quantities.amounts import MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.items import CLOSE, PARTICLES, Row, is_cue, is_fewer, same_unit


def doubt_sender(row: Row) -> None:
    """你们发了两箱，我只签了一箱: what is said to have been sent was ordered, where fewer came."""
    known = any(ORDERED in amount.roles for amount in row.amounts())
    came = [(i, item) for i, item in enumerate(row.items) if isinstance(item, Amount) and item.roles == (RECEIVED,)]
    for (i, sent), (j, got) in pairwise(came):
        if is_fewer(got, sent) and (_was_sent(row, i) > _was_sent(row, j) or _turns(row, j)):
            sent.roles = () if known else (ORDERED,)
            known = True


def doubt_total(row: Row) -> None:
    """里面一共5件，应该6件: fewer than were ordered are what came."""
    ordered = [amount for amount in row.amounts() if amount.roles == (ORDERED,)]
    if len(ordered) == 2 and not any(RECEIVED in amount.roles for amount in row.amounts()):
        for total, whole in (ordered, ordered[::-1]):
            cues = row.left(row.items.index(total))
            if is_fewer(total, whole) and cues and row.word(cues[-1]) in row.words.totals:
                total.roles = (RECEIVED,)
    for total, short in pairwise(row.amounts()):
        if ordered or total.roles != (RECEIVED,) or short.roles != (MISSING,) or not is_fewer(short, total):
            continue
        said = [row.word(cue) for cue in row.left(row.items.index(total))]
        only = len(said) > 1 and said[0] in row.words.totals and set("".join(said[1:])) <= set("只就才仅")
        if only:
            total.roles = (ORDERED,)  # 一共就三件还能漏一件


def doubt_delivery(row: Row) -> None:
    """订10箱送了8箱: delivered, and no gift."""
    for whole, part in pairwise(row.amounts()):
        if whole.roles != (ORDERED,) or part.roles or not is_fewer(part, whole):
            continue
        cues = row.left(row.items.index(part))
        delivered = cues and row.text[cues[-1].start] == "送" and cues[-1].end == part.start
        if delivered and whole.unit == part.unit and (part.value or 0) * 2 > (whole.value or 0):
            part.of_goods, part.roles = True, (RECEIVED,)


def believe_denied(row: Row) -> None:
    """不是3包，就1包: there should have been three. 要的是三罐不是两罐: there were two. 少的不是两包，是三包.

    并没有收到3件，只有2件: whether those three are missing or were ordered is not sure.
    """
    for one, other in pairwise(row.amounts()):
        cues = row.left(row.items.index(one)) if one.denied else []
        said = cues[-2].kind if len(cues) > 1 else None
        if said in {MISSING, RECEIVED} and not {*other.roles} - {ORDERED}:
            other.of_goods, other.roles = True, (str(said),)  # 收到的不是5瓶而是4瓶
        elif (
            one.roles == (ORDERED,)
            and other.denied
            and other.end == len(row.text.rstrip(PARTICLES))
            and is_fewer(other, one)
            and not any(RECEIVED in amount.roles for amount in row.amounts())
        ):
            other.of_goods, other.roles = True, (RECEIVED,)
    if any(ORDERED in amount.roles for amount in row.amounts()):
        return
    amounts = row.amounts()
    for one, denied, came in zip(amounts, amounts[1:], amounts[2:], strict=False):
        same = came.roles == (RECEIVED,) and denied.value == came.value and same_unit(denied.unit, came.unit)
        if denied.denied and same and one.of_goods and not one.roles and is_fewer(came, one):
            one.roles = (ORDERED,)  # 是5个不是4个，我只收到4个
            return
    for denied, came in pairwise(row.amounts()):
        cues = row.left(row.items.index(denied))
        none = bool(cues) and cues[-1].kind == "absent" and cues[-1].end == denied.start
        if none and (denied.roles, came.roles) == ((MISSING,), (RECEIVED,)) and is_fewer(came, denied):
            denied.drop()
        if denied.denied and came.roles == (RECEIVED,) and is_fewer(came, denied):
            denied.of_goods, denied.roles = True, (ORDERED,)


def believe_recount(row: Row) -> None:
    """之前说少两片，重新数了是三片: three are missing, where nothing else was counted."""
    for said, again in pairwise(row.amounts()):
        cues = row.left(row.items.index(again))
        recounted = any(row.word(cue) in row.words.recounts for cue in cues) and is_cue(cues[-1], "have")
        alone = len(row.amounts()) == 2 and (said.roles, again.roles) == ((MISSING,), (RECEIVED,))
        if recounted and alone:
            said.roles, again.roles = (), (MISSING,)


def drop_parcels(row: Row) -> None:
    """两个包裹只到一个，少了3件: what came are parcels, where goods are counted in something else."""
    counted = {amount.unit for amount in row.amounts() if amount.of_goods and amount.roles}
    short = any(MISSING in amount.roles for amount in row.amounts())
    for parcels, came in pairwise(row.amounts()):
        in_parcels = row.words.phrases["parcels"].match(row.text, parcels.end) and same_unit(parcels.unit, came.unit)
        if in_parcels and came.roles == (RECEIVED,) and (short or counted - {came.unit}):
            came.drop()


def hear_last_word(row: Row) -> None:
    """钱付了两份，货一份; 鞋垫4双，7只: of what was ordered the last word is that there are fewer."""
    amounts = row.amounts()
    if len(amounts) < 2:
        return
    before, last = amounts[-2:]
    start, end = row.clause(last.start)
    said = row.text[last.end : end].strip(PARTICLES)
    if last.roles or last.value is None or not (before.of_goods and last.of_goods) or said not in {"", "货"}:
        return
    place = row.items.index(before)
    ordered = before.roles == (ORDERED,) or is_cue(row.at(place - 1), "supposed")
    alone = before.end <= start and len(row.text[start : last.start].strip()) <= CLOSE
    in_single_ones = (
        not before.roles and row.left(place) == row.left(place + 1) == [] and _are_single_ones(row, last, before)
    )
    if in_single_ones or (ordered and alone and is_fewer(last, before)):
        before.roles, last.roles = (ORDERED,), (RECEIVED,)


def _are_single_ones(row: Row, last: Amount, before: Amount) -> bool:
    """Fewer bottles than the dozen, fewer single socks than the pairs."""
    whole = row.words.amounts.into(before.value or 0, before.unit, last.unit)
    whole = before.value if before.dozens else whole
    return before.unit != last.unit and whole is not None and (last.value or 0) < whole


def _turns(row: Row, index: int) -> bool:
    """说到手6瓶，结果到手5瓶."""
    return any(cue.kind == "turns" for cue in row.left(index))


def _was_sent(row: Row, index: int) -> bool:
    cues = row.left(index)
    return bool(cues) and row.word(cues[-1]) in row.words.sent
