"""What must not be read in logs, exports and notices; and what must stay readable there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import mask, mask_name

PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_CHINESE = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
_WORDS = st.text(_CHINESE | st.sampled_from("，。！?：:（）()、 \nabzAZ@-+_路号栋室小区"), max_size=20)
_WORDS_AND_NUMBERS = st.text(_CHINESE | st.sampled_from("，。 0123456789路街号栋室"), max_size=30)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("电话13812345678，谢谢", "电话138****5678，谢谢"),
        ("打19900001111或15511112222", "打199****1111或155****2222"),
        ("tel:17712345678x", "tel:177****5678x"),
        ("110101199003071234", "110101********1234"),
        ("身份证11010119900307123X的", "身份证110101********123X的"),
        ("11010119900307123x", "110101********123x"),
    ],
)
def test_phones_and_identity_numbers_keep_their_ends_only(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张**"),
        ("欧阳小凡", "欧**"),
        ("小鱼儿爱吃鱼", "小***鱼"),
        ("tb8812393", "tb***93"),
        ("13812345678", "13***78"),
        ("ab", "a**"),
        ("", "**"),
    ],
)
def test_a_name_keeps_its_ends_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    "address",
    [
        "浙江省杭州市余杭区文一西路969号",
        "漕溪北路88弄3号",
        "幸福小区3栋2单元501室",
        "阳光花园12幢1单元602",
        "中关村南大街5号",
        "王家村12号",
        "解放路100-2号",
        "天府大道北段1700号人民路5号",
        "金色公寓8座1201室",
        "国贸大厦B座18楼",
        "帽儿胡同外大街巷7号",
    ],
)
def test_an_address_is_masked_whole(address: str) -> None:
    assert set(mask(f"寄到：{address}，谢谢").replace("[地址]", "")) <= set("寄到：，谢谢")
    assert "[地址]" in mask(address)


@pytest.mark.parametrize(
    "text",
    [
        "订单4012345678901234567少了一件",
        "40123456789012345678",
        "运单SF1234567890123",
        "YT0001234567890",
        "圆通78123456789012到了",
        "实付¥15900.00，退30.5元",
        "12345678901是序号",
        "10812345678",
        "买了3件只收到2件，少了1件",
        "5号电池少了2节",
        "T恤 白色 L码 180g 少发1件",
        "路由器少了2个",
        "街舞鞋少了2双",
        "这条路子裤买了3件",
        "我13号在路上买的3个",
        "20000毫安的充电宝",
        "SF-20261123-7K3QXM",
        "2026-11-23 18:22:23",
        "",
    ],
)
def test_numbers_and_goods_stay_readable(text: str) -> None:
    assert mask(text) == text


@given(number=st.from_regex(r"[0-9]{19,20}", fullmatch=True), before=_WORDS)
def test_a_long_order_number_stays_readable(number: str, before: str) -> None:
    text = f"{before.translate(dict.fromkeys(map(ord, '路街巷弄道村区园寓厦')))}订单{number}，少了"
    assert number in mask(text)


@given(before=_WORDS, phone=PHONES, after=_WORDS)
def test_no_phone_number_survives_in_chinese_text(before: str, phone: str, after: str) -> None:
    assert phone not in mask(before + phone + after)


@given(before=_WORDS_AND_NUMBERS, phone=PHONES, after=_WORDS_AND_NUMBERS)
def test_no_phone_number_survives_among_other_numbers(before: str, phone: str, after: str) -> None:
    assert f"，{phone}，" not in mask(f"{before}，{phone}，{after}")


@given(phones=st.lists(PHONES, min_size=2, max_size=4), between=st.sampled_from(["、", "或", " ", "\n", "/", "-", "a"]))
def test_none_of_several_phone_numbers_survives(phones: list[str], between: str) -> None:
    masked = mask(between.join(phones))
    assert not any(phone in masked for phone in phones)


@given(st.text(_CHINESE | st.sampled_from("1390Xx-，路街小区号栋室楼单元"), max_size=24))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(before=_WORDS, phone=PHONES, after=_WORDS)
def test_masking_twice_is_masking_once_around_a_phone(before: str, phone: str, after: str) -> None:
    once = mask(before + phone + after)
    assert mask(once) == once


def _missed(*texts: str) -> list[object]:
    return [pytest.param(text, id=text) for text in texts]


@pytest.mark.parametrize(
    "text", _missed("+8613812345678", "+86 138 1234 5678", "138-1234-5678", "138 1234 5678", "１３８１２３４５６７８")
)
def test_a_phone_number_written_another_way_is_masked(text: str) -> None:
    assert mask(f"电话{text}") != f"电话{text}"


def test_an_order_number_of_18_digits_stays_readable() -> None:
    assert mask("订单123456789012345678少了一件") == "订单123456789012345678少了一件"


@pytest.mark.parametrize(
    "address",
    _missed(
        "中山路十八号",
        "翠竹苑6栋1单元301",
        "建国路 88 号",
        "宿舍3栋501",
        "建国路88号 3单元 501室",
        "和平里西街21号楼3单元",
        "建国路88号现代城A座1203室",
    ),
)
def test_an_address_written_another_way_is_masked(address: str) -> None:
    assert mask(address) == "[地址]"


@pytest.mark.parametrize(
    "text",
    _missed(
        "都是套路说好5号发货", "一路都没通知我12号才到", "电路板少了3号螺丝", "线路板2号少一个", "7号电池路上丢了1号"
    ),
)
def test_an_ordinary_sentence_with_a_number_stays_readable(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_is_masking_once_for_23_digits_before_a_road() -> None:
    once = mask("13812345678" + "2" * 12 + "路1号")
    assert mask(once) == once


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("浙江省杭州市余杭区文一西路969号 王小明收", "[地址] 王**收"),
        ("文一西路969号（欧阳小凡收）", "[地址]（欧**收）"),
        ("王小明收，文一西路969号", "王**收，[地址]"),
        ("王小明 13812345678 浙江省杭州市文一西路969号", "王** 138****5678 [地址]"),
        ("王小明13812345678", "王**138****5678"),
        ("收货人：李雷，电话13812345678", "收货人：李**，电话138****5678"),
        ("收件人是韩梅梅", "收件人是韩**"),
        ("文一西路969号 张先生", "[地址] 张先生"),  # a surname alone leads to nobody
    ],
)
def test_a_name_beside_what_leads_there_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "黄色的少了一件",
        "高兴收到货，少了一件",
        "收件人不是我",
        "收货人和下单人不一样",
        "联系人我改了",
        "金色，白色各一件",
        "方便的话发我",
    ],
)
def test_what_begins_like_a_name_stays_readable(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("微信号abc_123", "微信号a***"),
        ("vx：abc123", "vx：a***"),
        ("加我微信 wxid_abc123", "加我微信 w***"),
        ("VX号是zhangsan", "VX号是z***"),
        ("薇信：zhang-san88，加我", "薇信：z***，加我"),
        ("qq123456789", "qq1***"),
        ("QQ号：10001", "QQ号：1***"),
        ("微信号123456789", "微信号1***"),
        ("银行卡6222021234567890123", "银行卡6222****0123"),
        ("6222 0212 3456 7890 123", "6222****0123"),
        ("卡号：6268 0161 5308 2373 248，谢谢", "卡号：6268****3248，谢谢"),
    ],
)
def test_what_one_is_called_elsewhere_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", ["微信付了30000元", "微信APP里下的单", "微信支付成功", "QQ表情", "VX2 Pro少了一个"])
def test_what_is_no_id_stays_readable(text: str) -> None:
    assert mask(text) == text


_IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{5,19}", fullmatch=True)


@given(before=_WORDS, called=st.sampled_from(["微信号", "微信：", "vx:", "VX号", "wx："]), id_=_IDS)
def test_no_id_of_wechat_survives_where_it_is_called_one(before: str, called: str, id_: str) -> None:
    once = mask(f"{before}，{called}{id_}，谢谢")
    assert f"{called}{id_}" not in once and mask(once) == once


@given(digits=st.from_regex(r"62[0-9]{14,17}", fullmatch=True), gap=st.sampled_from([" ", "-"]))
def test_no_card_survives_in_groups_of_four(digits: str, gap: str) -> None:
    groups = gap.join(digits[at : at + 4] for at in range(0, len(digits), 4))
    assert mask(f"卡{groups}，谢谢") == f"卡{digits[:4]}****{digits[-4:]}，谢谢"
