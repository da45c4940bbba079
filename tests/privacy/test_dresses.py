"""Each kind of what leads to a person, in each writing, passed on in each way: nothing of it is left."""

from __future__ import annotations

import pytest

from bot.privacy import mask
from tests.privacy.dresses import ENCODINGS, KINDS, dressed, tells


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_it_is_left_in_any_dress(kind: str) -> None:
    of_kind = [dress for dress in dressed() if dress[0].startswith(f"{kind},")]
    assert len(KINDS[kind].written) * len(ENCODINGS) >= 20
    untold = [name for name, secret, written in of_kind if not tells(written, secret)]
    assert not untold, "the test itself does not read these"
    assert not [(name, written) for name, secret, written in of_kind if tells(mask(written), secret)]


def test_what_is_around_it_stays_as_it_is() -> None:
    before, after = (
        "少了 ２件！T恤\\n100%棉，%41 \\u4e00件 订单4012345678901234567 ",
        " 退¥15.90 2026-11-23 SF-20261123-7K3QXM\t",
    )
    for _, _, written in dressed():
        masked = mask(before + written + after)
        assert masked.startswith(before) and masked.endswith(after)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("tel：+86 138-1234-5678。", "tel：+86 138****5678。"),
        ("座机0571-87654321", "座机0571****321"),
        ("打400-820-8820", "打400****820"),
        ("110101900307123", "110101******123"),
        ("卡号6222 0212 3456 7890 128", "卡号6222****0128"),
        ("zhang.san@qq.com", "z***@qq.com"),
        ("IMG_%E6%96%87%E4%B8%89%E8%B7%AF390%E5%8F%B7_2.jpg", "IMG_[地址]_2.jpg"),
        ('{"text": "\\u5e78\\u798f\\u5c0f\\u533a3\\u680b501\\u5ba4"}', '{"text": "[地址]"}'),
        ("我住保利天悦8栋1203", "我住[地址]"),
        ("号码一13812345678", "号码一138****5678"),
        ("号码是幺三八 一二三四 五六七八", "号码是138****5678"),
    ],
)
def test_what_is_shown_instead(text: str, masked: str) -> None:
    assert mask(text) == masked
