"""What leads to a person, in all the writings that it comes in; and whether a text still tells it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote

Dress = Callable[[str], str]

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_SPOKEN = str.maketrans("0123456789", "洞幺二三四五六拐八九")
_FORMAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
_PLAIN_WORDS = str.maketrans("0123456789", "〇一二三四五六七八九")
_TRADITIONAL = str.maketrans("号楼单区园栋", "號樓單區園棟")


def _cut(*sizes: int, by: str = " ") -> Dress:
    """In groups: ``_cut(3, 4, 4)`` of 13812345678 is 138 1234 5678; what is left over is a group too."""

    def dress(text: str) -> str:
        groups, at = [], 0
        for size in sizes:
            groups.append(text[at : at + size])
            at += size
        return by.join(group for group in [*groups, text[at:]] if group)

    return dress


def _has_gb2312(text: str) -> bool:
    return text == text.encode("gb2312", "ignore").decode("gb2312")


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


# How whatever is written may be passed on.
ENCODINGS: dict[str, Dress] = {
    "as it is": lambda text: text,
    "full width": lambda text: text.translate(_FULL_WIDTH),
    "percent": quote,
    "percent in small letters": lambda text: re.sub("%..", lambda byte: byte[0].lower(), quote(text)),
    "percent, every byte": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote(quote(text)),
    "percent in GBK": lambda text: quote(text, encoding="gb2312" if _has_gb2312(text) else "utf-8"),
    "of a form": quote_plus,
    "escaped": _escaped,
    "escaped twice": lambda text: _escaped(_escaped(text)),
    "JSON": lambda text: json.dumps({"note": text, "count": 2}, ensure_ascii=False),
    "bytes": lambda text: repr(text.encode()),
    "file name": lambda text: f"IMG_{text}.jpg",
    "query": lambda text: f"/files?name={quote(text)}&id=1",
    "quoted": lambda text: f"“{text}”",
    "in a sentence": lambda text: f"麻烦联系一下：{text}，谢谢",
}

_GROUPED: dict[str, Dress] = {
    "together": str,
    "spoken": lambda text: text.translate(_SPOKEN),
    "in words": lambda text: text.translate(_PLAIN_WORDS),
    "as on a cheque": lambda text: text.translate(_FORMAL),
    "digit by digit": lambda text: " ".join(text),
    "with dashes": lambda text: "-".join(text),
    "circled": lambda text: text.translate(_CIRCLED),
    "emoji": lambda text: "".join(f"{digit}\ufe0f\u20e3" for digit in text),
    "invisible": lambda text: "\u200b".join(_cut(3, 4)(text).split(" ")),
}


@dataclass(frozen=True)
class Kind:
    """``examples`` of it, and how it is ``written``. ``core``: what of it must not be left, as ``tells`` reads."""

    examples: tuple[str, ...]
    written: dict[str, Dress]
    core: Callable[[str], str]


KINDS: dict[str, Kind] = {
    "mobile": Kind(
        ("13812345678", "19900001111", "15700820934"),
        {
            **_GROUPED,
            "3-4-4": _cut(3, 4),
            "dashed": _cut(3, 4, by="-"),
            "dotted": _cut(3, 4, by="."),
            "3-8": _cut(3),
            "7-4": _cut(7),
            "4-4-3": _cut(4, 4),
            "4-3-4": _cut(4, 3),
            "3-3-5": _cut(3, 3),
            "wide blanks": _cut(3, 4, by="　"),
            "long dashes": _cut(3, 4, by=" — "),
            "slashes": _cut(3, 4, by="/"),
            "underscores": _cut(3, 4, by="_"),
            "commas": _cut(3, 4, by="，"),
            "two lines": _cut(3, 4, by="\n"),
            "in brackets": lambda text: f"({text[:3]}){text[3:]}",
            "+86": lambda text: f"+86{text}",
            "+86 ": lambda text: f"+86 {_cut(3, 4)(text)}",
            "+86-": lambda text: f"+86-{_cut(3, 4, by='-')(text)}",
            "(+86)": lambda text: f"(+86){text}",
            "86": lambda text: f"86{text}",
            "0086": lambda text: f"0086{text}",
            "0086 ": lambda text: f"0086 {text}",
            "0": lambda text: f"0{text}",
            "after letters": lambda text: f"tel{text}",
            "before letters": lambda text: f"{text}vx",
            "with an extension": lambda text: f"{text}-0012",
            "spoken in groups": lambda text: _cut(3, 4)(text.translate(_SPOKEN)),
        },
        lambda text: text[3:],
    ),
    "landline": Kind(
        ("010 62345678", "0571 87654321", "0316 2345678"),
        {
            "with a blank": str,
            "with a dash": lambda text: text.replace(" ", "-"),
            "together": lambda text: text.replace(" ", ""),
            "in brackets": lambda text: f"({text[:-9].strip()}) {text[-9:].strip()}" if text[3] == " " else text,
            "spoken": lambda text: text.translate(_SPOKEN),
            "cut again": lambda text: f"{text[:-4]} {text[-4:]}",
            "+86": lambda text: f"+86 {text[1:]}",
            "0086-": lambda text: f"0086-{text[1:].replace(' ', '-')}",
        },
        lambda text: text.split()[1],
    ),
    "400": Kind(
        ("4008208820", "8008101234"),
        {**_GROUPED, "3-3-4": _cut(3, 3, by="-"), "4-3-3": _cut(4, 3, by="-"), "3-7": _cut(3, by=" ")},
        lambda text: text[3:],
    ),
    "identity": Kind(
        ("110101199003071234", "33010620051231123X", "44030119841105002x"),
        {
            "together": str,
            "6-8-4": _cut(6, 8),
            "6-4-4-4": _cut(6, 4, 4, by="-"),
            "after its name": lambda text: f"身份证号{text}",
            "spoken": lambda text: text.translate(_SPOKEN),
        },
        lambda text: text[6:14],
    ),
    "old identity": Kind(
        ("110101900307123", "330106650228001"),
        {
            "together": str,
            "after its name": lambda text: f"身份证：{text}的",
            "in words": lambda text: text.translate(_SPOKEN),
        },
        lambda text: text[6:12],
    ),
    "bank card": Kind(
        ("6222021234567890128", "6217001234567890122", "4111111111111111", "5500000000000004", "9558801234567890128"),
        {**_GROUPED, "in fours": _cut(4, 4, 4, 4), "dashed": _cut(4, 4, 4, 4, by="-"), "6 and the rest": _cut(6)},
        lambda text: text[4:-4],
    ),
    "e-mail": Kind(
        ("zhangsan@qq.com", "li.si_88+shop@mail.example.com.cn", "13812345678@139.com"),
        {
            "alone": str,
            "after its name": lambda text: f"邮箱{text}",
            "mailto": lambda text: f"mailto:{text}?subject=1",
            "in capitals": str.upper,
            "in angles": lambda text: f"张三<{text}>",
        },
        lambda text: text.partition("@")[0][1:],
    ),
    "address": Kind(
        (
            "文一西路969号3幢501室",
            "浙江省杭州市余杭区五常街道文一西路969号",
            "幸福小区3栋2单元501室",
            "幸福小区3-2-501",
            "大河村三组12号",
            "保利天悦8栋1203",
            "漕溪北路88弄3号",
            "中山路十八号",
        ),
        {
            "alone": str,
            "in traditional characters": lambda text: text.translate(_TRADITIONAL),
            "with blanks": lambda text: re.sub(r"(\d+)", r" \1 ", text),
            "after a name": lambda text: f"收货人张三，{text}",
            "sent to": lambda text: f"寄到{text}",
            "before a phone": lambda text: f"{text} 13812345678",
        },
        lambda text: text[-7:],
    ),
    "address in English": Kind(
        (
            "No. 12 Wensan Road",
            "969 West Wenyi Road",
            "Room 501, Building 3, 88 Jianguo Road, Chaoyang District",
            "Wensan Road No. 390",
            "wensan lu 390 hao",
        ),
        {
            "alone": str,
            "in capitals": str.upper,
            "in small letters": str.lower,
            "sent to": lambda text: f"send to {text}, thanks",
        },
        lambda text: re.findall("[A-Za-z]+ (?:Road|lu)", text)[0],
    ),
}


def dressed() -> Iterator[tuple[str, str, str]]:
    """Each kind in each writing, passed on in each way: a name, what is meant, and what is written."""
    for name, kind in KINDS.items():
        for example in kind.examples:
            for writing, write in kind.written.items():
                for encoding, encode in ENCODINGS.items():
                    yield f"{name}, {writing}, {encoding}", core(name, example), encode(write(example))


def core(kind: str, example: str) -> str:
    return _squeezed(KINDS[kind].core(example))


def tells(text: str, secret: str) -> bool:
    """Does the text still say it, when everything is undone that was done to write it?"""
    return any(secret in _squeezed(text, codec) for codec in ("utf-8", "gb2312"))


def _squeezed(text: str, codec: str = "utf-8") -> str:
    for _ in range(3):
        text = re.sub(r"\\+u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
        text = re.sub(r"\\+x([0-9a-f]{2})", r"%\1", text)
        text = re.sub("(?:%[0-9A-Fa-f]{2})+", lambda run: unquote(run[0], codec), text)
    text = unicodedata.normalize("NFKC", text).lower()
    for table in (_SPOKEN, _FORMAL, _PLAIN_WORDS):
        text = text.translate({ord(chr(word)): chr(digit) for digit, word in table.items()})
    text = text.translate({new: old for old, new in _TRADITIONAL.items()})
    return re.sub(r"[\s()\[\]/|.,。、·_~+\-—\u200b\ufe0f\u20e3]|\\+n", "", text)
