"""The case file: says all that is on record in every state, shows nobody, believes nobody's markup, renders Chinese."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
import zlib
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5
from PIL import Image

from bot.casefile.gather import Gathered, gather
from bot.casefile.model import SameFile, Voice
from bot.casefile.render import CannotRender, as_html, as_json, as_pdf, has_chinese_font
from bot.casefile.words import WORDS, in_words, tell
from bot.claims import events
from bot.claims.causes import CauseKind
from bot.claims.events import Change, HandedOff, Withdrawn
from bot.claims.fault import TABLE
from bot.claims.model import (
    Claim,
    ClaimLine,
    ClaimState,
    EvidenceKind,
    EvidenceStatus,
    Fault,
    LineStatus,
    Order,
    ParcelState,
    Platform,
    Remedy,
    Settlement,
    Shortage,
    TrackingKind,
    Unit,
)
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.db import make_engine
from bot.desk import Case, Desk, Speaker, evidence, facts, handoffs, offers, promises
from bot.inbox.model import as_file
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Author, Store
from bot.store.files import FileStore
from bot.understanding.intake import Heard
from tests.movies import box, movie

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
BUYER = "tb8812393"
ANNA, BEN = Speaker("talk-a", BUYER), Speaker("talk-b", "小鱼儿爱吃鱼")
Given = ParamSpec("Given")
Result = TypeVar("Result")
VIDEO = movie(behind=box("free", bytes(5000)))


class Shop:
    """A desk over a store of its own, and a clock that goes on by a second with every look."""

    def __init__(self, folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder}/shaofa.db")
        self.orders = SqlOrders(engine)
        for speaker in (ANNA, BEN):
            seed(self.orders, speaker.buyer_id, NOW)
        self.now = NOW
        policy = ShopPolicy.load(ROOT / "shop.yml")
        self.desk = Desk(self.orders, Store(engine), Rulebook.load(ROOT / "rulebook"), policy, self.clock)
        self.files = FileStore(folder / "evidence", 10**7, 10**7)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def order(self, word: str, speaker: Speaker = ANNA) -> Order:
        orders = self.orders.recent(speaker.buyer_id, 100)
        return next(order for order in orders if any(word in line.title for line in order.lines))

    def complain(self, word: str = "T恤", missing: int = 1, speaker: Speaker = ANNA) -> Claim:
        with self.desk.case(speaker) as case:
            return facts.hear(case, Heard("少了", missing=missing), None, self.order(word, speaker))[0]

    def do(self, step: Callable[Concatenate[Case, Given], Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """What a function of the desk does in Anna's case."""
        with self.desk.case(ANNA) as case:
            return step(case, *given, **named)

    def assess(self, claim: Claim) -> Claim:
        return self.do(offers.assess, claim).claim

    def happened(self, claim: Claim | None, *story: events.Event) -> Claim:
        """What no function of the desk would do."""
        return self.desk.store.claims.append(claim, story, self.clock())

    def say(self, text: str, author: Author = Author.BUYER) -> None:
        self.desk.store.log.append(ANNA.conversation_id, author, {"text": text}, self.clock())

    def send(self, claim: Claim, *files: bytes) -> Claim:
        stored = [self.files.accept(as_file(data)) for data in files]
        with self.desk.case_of(claim) as case:
            return evidence.receive(case, claim, [(file.sha256, file.is_video) for file in stored])

    def file_of(self, claim: Claim) -> Gathered:
        current = self.desk.store.claims.get(claim.claim_id)
        assert current is not None
        return gather(self.desk, self.files, current)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def photo(shade: int = 90) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 480), (shade, 90, 120)).save(written, "JPEG")
    return written.getvalue()


def parse(page: bytes) -> Element:
    return tinyhtml5.parse(page.decode("utf-8"), namespace_html_elements=False)


def text_of(page: bytes) -> str:
    return "".join(parse(page).find("body").itertext())  # type: ignore[union-attr]


# --- what it says ---------------------------------------------------------------------------------


def test_the_whole_story_of_a_broken_promise(shop: Shop) -> None:
    shop.say("三件T恤只到了一件")
    claim = shop.complain(missing=2)
    shop.say("拍张照片发来", Author.BOT)
    claim = shop.send(shop.do(evidence.ask, claim, (EvidenceKind.PHOTO, EvidenceKind.OUTER_BOX)), photo())
    claim = shop.assess(shop.do(evidence.decline, claim))
    claim, _ = shop.do(offers.another, claim, Remedy.REFUND)
    claim = shop.do(promises.applied, shop.do(offers.accept, claim))
    shop.now += timedelta(days=9)
    shop.do(promises.open_penalty, claim)
    shop.do(handoffs.hand_off, "promise_broken")
    shop.say("我来处理", Author.AGENT)

    case = shop.file_of(claim).case
    told = [moment.text for moment in case.timeline if moment.voice is Voice.RECORD]
    assert [sentence.split("：")[0] for sentence in told] == [
        "登记本案",
        "记录买家陈述",
        "要求买家提供",
        "收到物品照片（SHA-256前12位",
        "买家表示没有",
        "认定责任",
        "向买家提出方案",
        "买家未接受方案，要求退款",
        "向买家提出方案",
        "买家接受方案，承诺买家在订单里申请后退款（当即申请的，2026-11-21 18:00前）",
        "买家已在订单里申请退款，退款期限至2026-11-21 18:00",
        "承诺到期未履行",
        "承诺逾期，买家可向平台申请违约金",
        "告知买家承诺未履行",
        "转人工处理，原因",
    ]
    assert [moment.at for moment in case.timeline] == sorted(moment.at for moment in case.timeline)
    assert [(moment.voice, moment.text) for moment in case.timeline if moment.voice is not Voice.RECORD] == [
        (Voice.BUYER, "三件T恤只到了一件"),
        (Voice.BOT, "拍张照片发来"),
        (Voice.AGENT, "我来处理"),
    ]
    assert [offer.remedy for offer in case.offers] == [Remedy.RESHIP, Remedy.REFUND]
    assert case.promise_broken and case.settlement is not None and case.settlement.penalty_fen == 3291
    assert case.sum is not None and not case.sum.supposed
    assert any("×30%=32.91元" in line for line in case.sum.lines)
    assert {"law.consumer.quantity_short", "tmall.short_shipment.penalty_rate"} <= {v.id for v in case.sum.sources}
    assert all(value.source and value.confidence and value.text for value in case.sum.sources)


def test_the_fault_table_shows_every_row_and_which_decided(shop: Shop) -> None:
    finding = shop.file_of(shop.assess(shop.complain())).case.finding
    assert finding is not None and finding.fault is Fault.SELLER
    assert [row.id for row in finding.rows] == [row.id for row in TABLE]
    decided = next(number for number, row in enumerate(finding.rows) if row.applies)
    assert finding.rows[decided].id == "left_short"
    assert [row.applies for row in finding.rows] == [False] * decided + [True] + [None] * (len(TABLE) - decided - 1)
    assert {signal.id for signal in finding.signals if signal.seen} == {"weight_light", "signed_in_person"}
    assert finding.would_change == ("装箱全程的录像，看得出是齐的", "这件另外发出并签收的运单")
    assert finding.rows[decided].text == "出库时就少了，责任在商家"
    assert finding.rows[decided].source in {value.id for value in finding.sources}


def test_a_row_of_an_earlier_version_marks_none(shop: Shop) -> None:
    claim = shop.assess(shop.complain())
    found = events.FaultFound(Fault.UNCLEAR, ("weight_light", "a_row_that_is_no_more"))
    shop.happened(claim, events.OrderForgotten(), found)
    finding = shop.file_of(claim).case.finding
    assert finding is not None and finding.fault is Fault.UNCLEAR and finding.would_change == ()
    assert {row.applies for row in finding.rows} == {None}


def test_people_are_masked(shop: Shop) -> None:
    order = shop.order("T恤")
    parcel = replace(order.parcels[0], signed_by="张小凡")
    shop.orders.put([replace(order, parcels=(parcel,))])
    shop.say("打我13812345678，住幸福小区3栋2单元501室")
    claim = shop.complain()
    lines = (ClaimLine("电话13812345678", part="螺丝19900001111"),)
    learned = events.FactsLearned(order.order_id, order.platform, lines, Shortage.PART)
    claim = shop.happened(claim, learned)
    gathered = shop.file_of(claim)
    assert gathered.case.buyer == "tb***93"
    assert gathered.case.order is not None and gathered.case.order.parcels[0].signed_by == "张**"
    for written in (as_html(gathered).decode(), as_json(gathered).decode()):
        assert not re.search(r"13812345678|19900001111|幸福小区|张小凡|tb8812393|talk-a", written)
        assert "138****5678" in written and "199****1111" in written


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (ClaimLine("T恤", "T", 3, 2, 1), "「T恤」应有3件，收到2件，少1件"),
        (ClaimLine("T恤"), "「T恤」应有未知件，收到未知件，少未知件"),
        (
            ClaimLine("毛巾 三条装", "T", 6, 5, 1, unit=Unit.PIECE, pack=3, measure="条"),
            "「毛巾 三条装」每份3条，按条计：应有6条，收到5条，少1条（只缺这1条，不是整份）",
        ),
        (
            ClaimLine("大米 5kg", "R", 5000, 4250, 750, unit=Unit.GRAM, measure="斤"),
            "「大米 5kg」应有10斤，收到8.5斤，少1.5斤",
        ),
        (ClaimLine("炒锅", "P", 1, 1, 1, "锅盖"), "「炒锅」已收到，内少锅盖"),
    ],
)
def test_what_is_missing_is_said_in_what_it_is_counted_in(line: ClaimLine, says: str) -> None:
    assert in_words(line) == says


@pytest.mark.parametrize(
    ("who", "shown"),
    [("本人", "本人"), ("菜鸟驿站（13812345678）", "菜鸟驿站（138****5678）"), ("李四", "李**"), (None, None)],
)
def test_who_signed_is_said_but_not_named(shop: Shop, who: str | None, shown: str | None) -> None:
    order = shop.order("T恤")
    shop.orders.put([replace(order, parcels=(replace(order.parcels[0], signed_by=who),))])
    case = shop.file_of(shop.complain()).case
    assert case.order is not None and case.order.parcels[0].signed_by == shown


# --- evidence -------------------------------------------------------------------------------------


def test_evidence_has_hash_time_thumbnail_and_whether_it_is_still_the_same(shop: Shop) -> None:
    claim = shop.send(shop.complain(), photo(), VIDEO)
    gathered = shop.file_of(claim)
    picture, video = gathered.case.evidence
    assert picture.stored is not None and picture.stored.intact and picture.stored.format == "jpg"
    assert picture.received_at is not None and NOW < picture.received_at < shop.now
    assert video.stored is not None and video.stored.is_video and video.stored.size_bytes == len(VIDEO)
    assert set(gathered.thumbnails) == {picture.sha256}
    with Image.open(io.BytesIO(gathered.thumbnails[picture.sha256 or ""])) as small:
        assert max(small.size) == 480
    page = as_html(gathered)
    sources = [image.get("src", "") for image in parse(page).iter("img")]
    assert [source.partition(",")[0] for source in sources] == ["data:image/jpeg;base64"]
    assert f"{len(VIDEO):,}字节" in text_of(page) and str(video.sha256) in text_of(page)


def test_a_file_that_was_changed_or_is_gone_is_said(shop: Shop) -> None:
    claim = shop.send(shop.complain(), photo(1), photo(2))
    changed, gone = (shop.files.path(item.sha256 or "") for item in claim.evidence)
    assert changed and gone
    changed.write_bytes(b"no picture any more")
    gone.unlink()
    gathered = shop.file_of(claim)
    assert [item.stored and item.stored.intact for item in gathered.case.evidence] == [False, None]
    assert gathered.thumbnails == {}
    assert "与收到时的SHA-256不一致" in text_of(as_html(gathered)) and "文件不在留存处" in text_of(as_html(gathered))


def test_the_same_picture_on_another_claim_is_noticed(shop: Shop) -> None:
    bens = shop.send(shop.complain(speaker=BEN), photo())
    mine = shop.send(shop.complain(), photo(), photo(1))
    evidence = shop.file_of(mine).case.evidence
    assert [item.same_files for item in evidence] == [(SameFile(bens.claim_id, False),), ()]
    page = text_of(as_html(shop.file_of(mine)))
    assert f"同一张图片也出现在{bens.claim_id}（另一买家）" in page


# --- every state, and hostile input ---------------------------------------------------------------

Story = Callable[[Shop], Claim]


def no_order(shop: Shop) -> Claim:
    return shop.do(facts.hear, Heard("少东西"), None, None)[0]


def unknown_order(shop: Shop) -> Claim:
    learned = events.FactsLearned("4000000000000000000", shop.order("T恤").platform, (), Shortage.UNITS)
    return shop.happened(no_order(shop), learned)


def withdrawn(shop: Shop) -> Claim:
    return shop.do(facts.withdraw, shop.assess(shop.complain()))


def handed_off(shop: Shop) -> Claim:
    claim = shop.complain()
    shop.do(handoffs.hand_off, "user_requested")
    return claim


def imported(shop: Shop) -> Claim:
    old = replace(shop.complain(), claim_id="SF-20200101-OLD")
    return shop.happened(None, events.ClaimImported(old))


def fulfilled(shop: Shop) -> Claim:
    return shop.do(promises.fulfil, shop.do(offers.accept, shop.assess(shop.complain())))


def escalated(shop: Shop) -> Claim:
    claim = shop.send(shop.complain(), photo(), VIDEO)
    return shop.happened(claim, HandedOff("no_such_reason_yet"), events.Escalated(events.SaidBy.DESK))


def expired(shop: Shop) -> Claim:
    return shop.happened(shop.assess(shop.complain()), events.Expired(14))


STATES: list[Story] = [no_order, unknown_order, withdrawn, handed_off, imported, fulfilled, escalated, expired]


@pytest.mark.parametrize("story", STATES)
def test_every_state_has_a_case_file(shop: Shop, story: Story) -> None:
    claim = story(shop)
    gathered = shop.file_of(claim)
    assert json.loads(as_json(gathered))["claim_id"] == claim.claim_id
    page = text_of(as_html(gathered))
    assert claim.claim_id in page and "None" not in page and "{" not in page
    for heading in ("当事人", "订单与包裹", "经过", "证据", "责任认定", "金额与依据", "方案与约定"):
        assert heading in page


def test_what_is_not_known_is_said(shop: Shop) -> None:
    page = text_of(as_html(shop.file_of(no_order(shop))))
    for sentence in ("订单尚未确定", "没有要求或收到证据", "责任尚未认定", "没有可计算的金额", "没有提出过方案"):
        assert sentence in page


def test_an_open_fault_is_supposed_and_says_so(shop: Shop) -> None:
    case = shop.file_of(shop.complain()).case
    assert case.finding is None and case.sum is not None and case.sum.supposed


def test_nothing_is_owed_on_a_claim_that_was_taken_back(shop: Shop) -> None:
    assert shop.file_of(withdrawn(shop)).case.sum is None


HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)><style>*{display:none}</style>\"'{{ 7*7 }}\ud83d"


def test_markup_of_others_stays_text(shop: Shop) -> None:
    order = shop.order("T恤")
    titled = tuple(replace(line, title=HOSTILE) for line in order.lines)
    shop.orders.put([replace(order, lines=titled, parcels=tuple(replace(p, courier=HOSTILE) for p in order.parcels))])
    shop.say(HOSTILE)
    claim = shop.do(facts.hear, Heard("少了", missing=1), None, shop.orders.get(order.order_id))[0]
    page = as_html(shop.file_of(claim))
    tree = parse(page)
    assert not list(tree.iter("script")) and not list(tree.iter("img"))
    assert len(list(tree.iter("style"))) == 1
    assert text_of(page).count("<script>alert(1)</script>") >= 3 and "{{ 7*7 }}" in text_of(page)


# --- words ----------------------------------------------------------------------------------------


def test_every_event_can_be_told(shop: Shop) -> None:
    kinds = {kind.__name__ for kind in (events.ClaimOpened, events.ClaimImported, *Change.__subclasses__())}
    assert set(WORDS["events"]) == kinds


@pytest.mark.parametrize(
    "kind",
    [
        CauseKind,
        ClaimState,
        events.SaidBy,
        EvidenceKind,
        EvidenceStatus,
        Fault,
        LineStatus,
        ParcelState,
        Remedy,
        Shortage,
        TrackingKind,
        Voice,
    ],
)
def test_every_value_has_a_word(kind: type[Enum]) -> None:
    assert set(WORDS[kind.__name__]) == {member.value for member in kind}


@pytest.mark.parametrize(
    ("settlement", "says"),
    [
        (Settlement(0, 3291, 3291, "seller", "天猫积分"), "32.91元，合3291天猫积分，运费承担：商家"),
        (Settlement(0, 3291, 3291, "seller"), "32.91元，合3291积分，运费承担：商家"),  # settled before this was kept
        (Settlement(0, 300, 0, "seller", "购物金"), "3元，以购物金计，运费承担：商家"),
        (Settlement(0, 300, 0, "seller"), "3元，运费承担：商家"),
        (Settlement(0, 0, 0, "buyer", "购物金"), "0元，运费承担：买家"),
    ],
)
def test_a_penalty_is_told_with_what_it_is_paid_in(settlement: Settlement, says: str) -> None:
    assert tell(events.PenaltyOpened(settlement)) == f"承诺逾期，买家可向平台申请违约金：{says}"


@pytest.mark.parametrize(
    ("platform", "name"), [("tmall", "天猫"), ("jd", "京东"), ("unknown", "未知"), ("no_file", "no_file")]
)
def test_a_platform_is_called_what_the_rulebook_calls_it(shop: Shop, platform: str, name: str) -> None:
    shop.orders.put([replace(shop.order("T恤"), platform=Platform(platform))])
    gathered = shop.file_of(shop.complain())
    assert (gathered.case.platform.value, gathered.case.platform_name) == (platform, name)
    assert f"平台{name}" in "".join(text_of(as_html(gathered)).split())


def test_a_clause_is_added_when_there_is_something_to_say() -> None:
    assert tell(Withdrawn()) == "买家撤回本案"
    assert tell(Withdrawn("SF-1")) == "买家撤回本案，更正后另立SF-1"
    assert tell(HandedOff("policy_limit")) == "转人工处理，原因：超出机器人能定的范围"


# --- PDF ------------------------------------------------------------------------------------------


can_make_pdf = pytest.mark.skipif(
    find_library("pangoft2-1.0") is None or not has_chinese_font(), reason="Pango or a Chinese font is not installed"
)


def streams(pdf: bytes) -> bytes:
    """What the PDF holds, unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for data in packed:
        try:
            unpacked.append(zlib.decompress(data))
        except zlib.error:
            unpacked.append(data)
    return b"\n".join((pdf, *unpacked))


@can_make_pdf
def test_the_pdf_has_pages_and_its_chinese_font_inside(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a case file is made without a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    claim = shop.assess(shop.send(shop.complain(), photo(), VIDEO))
    held = streams(as_pdf(shop.file_of(claim)))
    assert held.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", held)) >= 2
    assert b"/FontFile3" in held
    for char in "少发责任金额":  # which glyph of the font is which character, for search and copy
        assert f"<{ord(char):04x}>".encode() in held


@can_make_pdf
def test_without_a_chinese_font_there_is_no_pdf_but_a_line(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>'
    (tmp_path / "fonts.conf").write_text(nothing)
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "fonts.conf"))
    with pytest.raises(CannotRender, match="fonts-noto-cjk"):
        as_pdf(shop.file_of(no_order(shop)))


def test_without_pango_there_is_no_pdf_but_a_line(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "broken" / "weasyprint"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise OSError('cannot load library libpango-1.0-0')")
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(package.parent)
    with pytest.raises(CannotRender, match="Pango"):
        as_pdf(shop.file_of(no_order(shop)))
