"""Numbers, sums and days in all the ways in which buyers write them, for the tests that read them back."""

from __future__ import annotations

from datetime import date

_DIGITS = "零一二三四五六七八九"
_FORMAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def chinese(number: int) -> str:
    """12 is 十二, 105 一百零五."""
    if number < 10:
        return _DIGITS[number]
    for worth, name in ((10000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= worth:
            high, low = divmod(number, worth)
            zero = "零" if 0 < low < worth // 10 else ""
            return chinese(high) + name + zero + (chinese(low) if low else "")
    raise AssertionError


def spoken(number: int) -> str:
    """The same as people say it: 十二, not 一十二."""
    return chinese(number).removeprefix("一") if 10 <= number < 20 else chinese(number)


def spelled_numbers(number: int) -> list[str]:
    written = [str(number), f"{number:,}", spoken(number), chinese(number)]
    written += [spoken(number).replace("二百", "两百").replace("二千", "两千")]
    written += [spoken(number).translate(_FORMAL)] if number < 10_000 and "零" not in spoken(number) else []
    written += [f"{number // 1000}千"] if number >= 1000 and number % 1000 == 0 else []
    return written


def spelled_sums(fen: int) -> list[str]:
    yuan, cents = divmod(fen, 100)
    tenths, hundredths = divmod(cents, 10)
    exact = f"{yuan}.{cents:02d}" if cents else str(yuan)
    written = [
        f"{exact}元",
        f"{exact}块",
        f"￥{exact}",
        f"¥ {exact}",
        f"{exact} 元",
        f"{exact}rmb",
        f"{exact}r",
        f"{exact}块钱",
    ]
    written += [f"{yuan:,}{exact[len(str(yuan)) :]}元", f"{exact}元".translate(_FULL_WIDTH)]
    if not yuan:
        coins = [f"{tenths}毛" if tenths else "", f"{hundredths}分"]
        return [f"{exact}元", f"￥{exact}", *([f"{tenths}毛钱", f"{_DIGITS[tenths]}角"] if not hundredths else [])] + (
            ["".join(coins)] if tenths and hundredths else []
        )
    for one, number in ((str, str(yuan)), (_DIGITS.__getitem__, spoken(yuan))):
        if not cents:
            written += [f"{number}元", f"{number}块", f"{number}块钱", f"{number}元整"]
        elif not hundredths:
            written += [
                f"{number}块{one(tenths)}",
                f"{number}块{one(tenths)}毛",
                f"{number}元{one(tenths)}角",
                f"{number}块零{one(tenths)}毛",
            ]
        elif not tenths:
            written += [f"{number}元零{one(hundredths)}分", f"{number}块零{one(hundredths)}"]
        else:
            written += [f"{number}块{one(tenths)}毛{one(hundredths)}", f"{number}元{one(tenths)}角{one(hundredths)}分"]
    if not cents:
        written += [f"{spoken(yuan).translate(_FORMAL)}元整"] if yuan < 10000 else []
        written += [f"{yuan // 1000}k", f"{yuan // 1000}千元"] if yuan % 1000 == 0 else []
        written += [f"{yuan / 10000:g}万", f"{yuan / 10000:g}w"] if yuan >= 10000 and yuan % 1000 == 0 else []
    return written


def spelled_dates(day: date, today: date) -> list[str]:
    """Ways to write a day that is over, and no more than a year."""
    year, month, number = day.year, day.month, day.day
    written = [
        f"{year}-{month:02d}-{number:02d}",
        f"{year}/{month}/{number}",
        f"{year}.{month}.{number}",
        f"{day:%Y%m%d}",
    ]
    written += [
        f"{year}年{month}月{number}日",
        f"{year % 100}年{month}月{number}号",
        f"{month}月{number}号",
        f"{month}月{number}日",
    ]
    written += [
        f"{spoken(month)}月{spoken(number)}号",
        f"{month}.{number}",
        f"{month}/{number}",
        f"{month}月{number}",
        f"{month}-{number}",
    ]
    written += [text.translate(_FULL_WIDTH) for text in written]
    ago = (today - day).days
    written += [f"{ago}天前", f"{spoken(ago)}天前"] if ago else []
    written += [["今天", "今早"], ["昨天", "昨晚", "昨儿"], ["前天", "前晚"], ["大前天"]][ago] if ago < 4 else []
    monday = today.toordinal() - today.weekday()
    if (weeks := (monday - day.toordinal() + 6) // 7) < 3:
        name = _DIGITS[day.weekday() + 1] if day.weekday() < 6 else "日"
        written += [f"{['这', '上', '上上'][weeks]}{word}{name}" for word in ("周", "星期", "个礼拜")]
    months = (today.year - year) * 12 + today.month - month
    written += [f"{['这个', '上个'][months]}月{number}号"] if months < 2 else []
    return written
