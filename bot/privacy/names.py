"""Names of people, where they stand beside a number or an address that leads to them, or are called a name.

Alone a name is not looked for: 白色 and 高兴 begin with surnames too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LEAD = "\1"  # stands in the text for each character of what leads to a person

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺顾毛郝龚邵万钱严覃武戴莫孔汤温康施易牛樊葛邢安齐伍庞颜"
    "庄聂章鲁岳翟殷詹欧耿关兰俞左柳甘祝包柯阮纪梅童凌毕单裴霍涂焦柴管冉饶岑蒙尤喻柏"
)
_OF_TWO = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|夏侯|令狐|宇文|长孙|端木"
_RECEIVES = r"(?:[亲签]?收(?![到货件了不下过])|先生|女士|小姐|老师)"
_NO_NAME = f"[一-鿿]色|谢谢|马上|方便|高兴|安全|万一|万分|周[一二三四五六日末]|[一-鿿]{_RECEIVES}"
_NAME = rf"(?!{_NO_NAME})(?:(?:{_OF_TWO})[一-鿿]{{1,2}}|[{_SURNAMES}][一-鿿]{{1,2}})(?<![打拨加到是寄给发叫在用请])"
_BEGIN, _END = "(?<![一-鿿])", "(?![一-鿿])"
_GAP = r"[\s,、;:()\[\]{}|/+\-—·。.]{0,3}"
_LABEL = r"(?:收[件货](?:人|姓名)|联系人|姓名)"

_BESIDE = re.compile(
    rf"(?<={LEAD}){_GAP}(?P<after>{_NAME})(?={_RECEIVES})"
    rf"|{_BEGIN}(?P<before>{_NAME})(?={_RECEIVES}?{_GAP}{LEAD})"
    rf"|{_LABEL}[\s:是为叫]{{0,3}}(?P<called>{_NAME})(?:{_END}|(?={_RECEIVES}|电话|手机|地址|住址|微信))"
)


def names(text: str) -> Iterator[tuple[int, int, str]]:
    """Where in the text they stand, in order, and what is shown instead: 王**. ``LEAD`` marks what leads to people."""
    for match in _BESIDE.finditer(text):
        group = match.lastgroup
        assert group is not None  # each branch has one
        yield (*match.span(group), f"{match[group][0]}**")
