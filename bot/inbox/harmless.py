"""Words that tools and platforms let pass: nothing that leads away, no deed that was not done, no sum, no promise.

Our own templates are held to the first two by a test; what another model says, to all four.
"""

from __future__ import annotations

import re
import unicodedata

# Platforms hold back a whole answer for one of these, some tools replace it.
_LEADS_AWAY = re.compile(
    r"微\s*信|[威薇]信|weixin|wechat|(?<![a-z])v\s*信|扣扣|(?<![a-z])qq|支\s*付\s*宝|zhifubao|线\s*下"
    r"|https?:|www\.|[a-z0-9-]+\.(?:com|cn|net|top|shop)\b|二维码"
)
_CLAIMED_DEEDS = re.compile(r"已经?(?:给您|为您|帮您)?(?:退款|退钱|发货|到账|打款|转账|赔付)")
_SUMS = re.compile(
    r"[0-9〇零一二两三四五六七八九十百千万半几]+\s*(?:元|块|毛|角|分钱|折|rmb|¥|%|百分)|[¥$]|百分之|免单|半价"
)
_PROMISES = re.compile(
    r"退|赔|补(?:发|偿|寄|给)|返现|红包|优惠|代金券|减免|免费|送您|送你|赠送|保证|承诺"
    r"|(?:一定|肯定)(?:会|给|能)|包邮|折扣|便宜"
)


def leads_away(text: str) -> bool:
    return bool(_LEADS_AWAY.search(_plain(text)))


def claims_a_deed(text: str) -> bool:
    """已退款, 已发货, 已到账 as our own claim; 物流显示已发货 is what the record says."""
    plain = _plain(text)
    return any(not _is_quoted(plain, match.start()) for match in _CLAIMED_DEEDS.finditer(plain))


def is_harmless(text: str) -> bool:
    plain = _plain(text)
    return not any(rule.search(plain) for rule in (_LEADS_AWAY, _CLAIMED_DEEDS, _SUMS, _PROMISES))


def _is_quoted(plain: str, start: int) -> bool:
    return bool(re.search(r"(?:显示|写着|记着|查到)[^，。！？]{0,60}$", plain[:start]))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
