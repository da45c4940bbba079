"""Several things in one message: 碗6个盘子4个，盘子少了一个; 少了2双袜子和1条毛巾."""

from __future__ import annotations

from itertools import pairwise

from bot.language.quantities.amounts import MISSING, ORDERED, RECEIVED, Amount
from bot.language.quantities.items import ALL, ENDS, LONGEST_NAME, NAME, NO_NAME, Row, is_named


def choose_kind(row: Row) -> None:
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
    if meant is None and came and alike and not any(is_named(row, amount) for amount in said):
        meant = kinds[0]  # M码2件L码1件，只到了2件: of all of them
        meant.value = sum(kind.value or 0 for kind in kinds)
    for kind in kinds:
        if kind is meant:
            kind.roles = (ORDERED,)
        else:
            kind.drop()


def add_variants(row: Row) -> None:
    """到了一个大的一个小的 are two; 买了两个锅一个大的一个小的 says of the two what they are."""
    for first, other in pairwise(row.items):
        if not (isinstance(first, Amount) and isinstance(other, Amount) and first.unit == other.unit):
            continue
        if not (_is_variant(row, first) and _is_variant(row, other)):
            continue
        before, both = row.at(row.items.index(first) - 1), (first.value or 0) + (other.value or 0)
        if isinstance(before, Amount) and before.unit == first.unit and before.value == both:
            first.drop()
            other.drop()
        elif first.roles == (RECEIVED,) and not other.roles:
            first.value = both
            other.drop()


def _is_variant(row: Row, amount: Amount) -> bool:
    """一个大的, 一个L: one of the same thing, in another size or colour."""
    named = row.words.phrases["variant"].match(row.text, amount.end)
    return bool(named) and amount.of_goods and amount.value is not None


def join_list(row: Row) -> None:
    """少了2双袜子和1条毛巾, 两包纸和一瓶油都没到: what is listed with what is missing is missing as well."""
    previous: Amount | None = None
    for item in row.amounts():
        if not item.of_goods or row.words.amounts.is_weight(item.unit):
            continue
        between = row.text[previous.end : item.start] if previous else ""
        explains = row.text.startswith((*ALL, "里"), item.end)  # 少了两件，一件都没补
        if previous and MISSING in previous.roles and not item.roles and not explains:
            named = 0 < len(between) <= LONGEST_NAME and NAME.fullmatch(between.strip())  # 少一个锅盖两把铲子
            if named or row.words.phrases["and"].search(between[-20:]):
                item.roles = (MISSING,)
        absent = item.zero or MISSING in item.roles
        if previous and not previous.roles and absent and row.words.phrases["together"].search(between):
            previous.roles, item.roles, item.zero = (MISSING,), (MISSING,), False
        previous = item


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
    begins = kinds[-1].end
    first = row.first_in_clause(said.start) if start >= begins else row.items[row.items.index(kinds[-1]) + 1].start
    apart = start >= begins or row.text.startswith(" ", begins)  # 杯子4个盘子2个 杯子少1个
    before_it = row.text[max(start, begins) : first].strip() if apart else ""
    for place in (before_it, row.text[said.end : end]):
        name = NO_NAME.sub("", place)
        if not 0 < len(name) <= LONGEST_NAME:
            continue
        starts = [0, *(kind.end for kind in kinds)]
        before = [
            k
            for k, after in zip(kinds, starts, strict=False)
            if name in NO_NAME.sub("", row.text[max(after, k.start - LONGEST_NAME) : k.start])
        ]
        behind = [k for k in kinds if name in row.text[k.end : k.end + len(name) + 1]]
        name_first = row.text[kinds[-1].end : kinds[-1].end + 1].strip() in {"", *ENDS}  # 裤子2条, not 2条裤子
        for named in (before, behind) if name_first else (behind, before):
            if len(named) == 1:
                return named[0]
    alike = [kind for kind in kinds if kind.unit == said.unit]
    return alike[0] if len(alike) == 1 else None
