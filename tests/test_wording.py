"""What the bot says: every reply and piece is used, every button is understood, nothing promised that may not be; and
what is reworded is said at once."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.causes import CauseKind
from bot.claims.compensation.explanation import Line
from bot.claims.model import Remedy, Unit
from bot.claims.rulebook import Rulebook
from bot.claims.yaml_file import FileError
from bot.doors.web.refusals import STATUS, UPLOAD_STATUS
from bot.inbox.model import Incoming
from bot.talk import cards, phrases
from bot.talk.wording import RESPONSES as REPLIES
from bot.talk.wording import WORDS, Responses, Wording, Words, names_in
from bot.understanding import knowledge
from bot.understanding.danger import Danger
from tests.office import TestOffice

ROOT = Path(__file__).resolve().parent.parent
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
PIECES: dict[str, Any] = yaml.safe_load((ROOT / "words.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
WORDINGS = [(name, variant["text"]) for name, variants in RESPONSES.items() for variant in variants]
TEXTS = {name: "\n".join(variant["text"] for variant in variants) for name, variants in RESPONSES.items()}
CODE = sorted((ROOT / "bot").rglob("*.py"))
BUTTONS = [button for variants in RESPONSES.values() for variant in variants for button in variant.get("buttons", [])]

# What a button must be understood as, whatever the model is trained on.
MEANT = {
    "接受": "accept_offer",
    "换个方案": "reject_offer",
    "那我等等": "hold_on",
    "我去问问": "hold_on",
    "确实没有": "deny",
    "不等了，现在处理": "reject_offer",
    "不等了，退款": "request_refund",
    "已经收到了，里面没有": "report_short_shipment",
    "没找到，还是少了": "report_short_shipment",
    "找到了，不用办了": "withdraw_claim",
    "没有照片": "no_evidence",
    "对的": "affirm accept_offer",
    "不是": "deny",
    "少发了东西": "report_short_shipment",
    "查进度": "ask_progress",
    "转人工": "request_human",
    "小二已经介入了": "platform_stepped_in",
    "怎么申请小二介入": "request_platform",
    "订单号4010123456789012345": "give_order",
    "少的是纯棉T恤 白色 L码": "give_item",
    "只收到2件": "give_quantity report_short_shipment",  # facts, whichever it is called
    "一件都没收到": "give_quantity report_short_shipment report_not_received",
}


@pytest.mark.parametrize(("payload", "intent"), MEANT.items())
def test_a_button_is_understood_as_what_it_says(office: TestOffice, payload: str, intent: str) -> None:
    seen = office.inbox.engine.parse(payload)["intent"]
    assert seen["name"] in intent.split() and seen["confidence"] > 0.5, seen


def test_every_button_is_among_them() -> None:
    fixed = {button["payload"] for button in BUTTONS}
    assert fixed <= set(MEANT)
    assert not any(payload.startswith("/") for payload in fixed)


def test_every_response_is_said_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in CODE)
    data = "".join((ROOT / "data" / name).read_text(encoding="utf-8") for name in ("rules.yml", "stories.yml"))
    composed = (
        {f"utter_offer_{remedy.value}" for remedy in Remedy}
        | {f"utter_agreed_{remedy.value}" for remedy in Remedy}
        | {f"utter_cause_{kind.value}" for kind in CauseKind}
        | {f"utter_ask_missing_{unit.value}" for unit in Unit}
        | {f"utter_upload_{code}" for code in (*UPLOAD_STATUS, "missing")}
        | {f"utter_{reason}" for reason in ("not_upheld", "unclear")}
        | {f"utter_state_{state}" for state in ("handed_off", "resumed")}
        | {f"utter_web_{code}" for code in STATUS}
        | {f"utter_{danger.value}" for danger in Danger}
        | set(knowledge.responses())
        # `action_explain` and `action_other_problem` answer with the response of the intent's name.
        | {f"utter_{name}" for intent in DOMAIN["intents"] for name in intent}
    )
    unsaid = {name for name in RESPONSES if name not in composed and f'"{name}"' not in code and name not in data}
    assert unsaid == set()


@pytest.mark.parametrize(("name", "text"), WORDINGS)
def test_a_response_is_short_and_plain(name: str, text: str) -> None:
    assert len(text) <= 220, "nobody reads more on a phone"
    officialese = ("尊敬的", "敬请", "予以", "贵方", "烦请", "谅解", "为您服务", "祝您生活愉快", "非常抱歉给您带来")
    begging = ("求您", "跪", "删差评", "改评价", "给个好评", "五星")
    promised = ("一定赔", "保证赔", "肯定能拿到", "绝对")
    elsewhere = ("微信", "QQ", "支付宝转账", "线下", "加我")
    for word in (*officialese, *begging, *promised, *elsewhere):
        assert word not in text
    assert not re.search(r"[a-z]{4,}", re.sub(r"\{\w+\}|jpg|png", "", text)), "no English to a buyer"


def test_the_words_that_make_seller_tools_transfer_are_left_to_hand_offs() -> None:
    # dify-on-qianniu transfers, and deletes the words, wherever an answer holds 转人工.
    assert [name for name, text in TEXTS.items() if "转人工" in text] == []


def test_the_penalty_is_always_left_to_the_platform() -> None:
    for name, text in TEXTS.items():
        if "违约金" in text:
            assert "平台" in text, name


@pytest.mark.parametrize("name", ["utter_hand_off_unclear", "utter_hand_off_rounds", "utter_explain_platform"])
def test_without_agreement_the_way_to_the_platform_is_said(name: str) -> None:
    assert "小二介入" in TEXTS[name] and "以页面倒计时为准" in TEXTS[name]


def test_every_intent_has_examples_and_the_main_ones_many() -> None:
    examples: dict[str, int] = {}
    for path in (ROOT / "data" / "nlu.yml", *(ROOT / "data" / "nlu").rglob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in item:
                examples[item["intent"]] = examples.get(item["intent"], 0) + item["examples"].count("\n")
    intents = {name for intent in DOMAIN["intents"] for name in intent}
    assert set(examples) == intents and len(intents) >= 30
    assert sorted(examples.values())[-10] >= 40


# --- what is filled in ----------------------------------------------------------------------------


def test_code_fills_every_name_of_a_reply() -> None:
    filled = list(fillings())
    for name, variants in RESPONSES.items():
        known = {gap for said, gaps in filled if re.fullmatch(said, name) for gap in gaps}
        for variant in variants:
            texts = [variant["text"], *(text for button in variant.get("buttons", []) for text in button.values())]
            assert {gap for text in texts for gap in names_in(text)} <= known, name


def test_every_name_that_code_fills_by_itself_is_in_a_reply() -> None:
    for said, gaps in fillings(spread=False):
        there = [text for name, text in TEXTS.items() if re.fullmatch(said, name)]
        assert there, said
        assert gaps <= {gap for text in there for gap in names_in(text)}, said


def fillings(*, spread: bool = True) -> Iterator[tuple[str, set[str]]]:
    """Each call that says a reply: its name as a regular expression, and the {names} that it fills.

    ``spread``: also those that come from ``**phrases.figures(…)`` and its like.
    """
    for path in CODE:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            made = _made(function)
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                if node.func.attr not in ("say", "wording") or not node.args:
                    continue
                gaps = {word.arg for word in node.keywords if word.arg} - {"buttons", "card"}
                if spread:
                    gaps |= {gap for word in node.keywords if word.arg is None for gap in _spread(word.value, made)}
                for said in _named(node.args[0]):
                    yield said, gaps


def _made(function: ast.AST) -> dict[str, ast.expr]:
    """What its names stand for."""
    made = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    return {target.id: node.value for node in made for target in node.targets if isinstance(target, ast.Name)}


def _named(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_named(node.body), *_named(node.orelse))
    elif isinstance(node, ast.Constant) and str(node.value).startswith("utter_"):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else ".*" for part in node.values)


def _spread(node: ast.expr, made: dict[str, ast.expr]) -> set[str]:
    """The keys of what a function of ``phrases`` returns."""
    if isinstance(node, ast.Name) and node.id in made:
        return _spread(made[node.id], made)
    if not isinstance(node, ast.Call):
        return set()
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    source = ast.parse(Path(phrases.__file__).read_text(encoding="utf-8"))
    body = next(one for one in source.body if isinstance(one, ast.FunctionDef) and one.name == called)
    returned = next(one.value for one in ast.walk(body) if isinstance(one, ast.Return))
    assert isinstance(returned, ast.Dict), called
    keys = {key.value for key in returned.keys if isinstance(key, ast.Constant)}
    inner = (value for key, value in zip(returned.keys, returned.values, strict=True) if key is None)
    return keys | {gap for value in inner for gap in _spread(value, _made(body))}


def places(words: Any, above: str = "") -> Iterator[str]:
    for key, value in words.items():
        here = f"{above}{key}"
        yield from places(value, f"{here}.") if isinstance(value, dict) and here not in WORDS.known else [here]


def test_code_knows_every_piece_and_there_is_no_other() -> None:
    assert set(places(PIECES)) == set(WORDS.known)


@pytest.mark.parametrize("module", [phrases, cards])
def test_every_piece_is_said_somewhere(module: Any) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in CODE)
    pieces = [name for name, value in vars(module).items() if type(value).__module__ == "bot.talk.wording"]
    assert [name for name in pieces if name != "WORDS" and len(re.findall(rf"\b{name}\b", code)) < 2] == []


def test_pieces_keep_their_gaps() -> None:
    """A reworded piece that loses its {name} would lose a fact."""
    assert "{missing}" in PIECES["understood"] and "{received}" in PIECES["understood"]
    assert all("{what}" in text or "{amount}" in text for text in PIECES["promised"].values())
    assert "{order_id}" in PIECES["buttons"]["order"]["payload"]
    assert "{promised}" in PIECES["until"] and "{explanation}" in PIECES["broken"]


# --- what is reworded is said at once -------------------------------------------------------------

Edit = Callable[[Wording, str, str], None]


@pytest.fixture
def edit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Edit:
    """Rewords in a copy of the file, which is read in its place."""

    def do(words: Wording, old: str, new: str) -> None:
        text = words.path.read_text(encoding="utf-8")
        assert old in text
        copy = tmp_path / words.path.name
        copy.write_text(text.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(words, "path", copy)

    return do


def says(office: TestOffice, buyer: str, text: str) -> str:
    incoming = Incoming(buyer, text, buyer_id=buyer)
    return "\n".join(reply["text"] for reply in asyncio.run(office.inbox.handle(incoming)).replies)


def test_a_running_bot_says_reworded_replies_and_pieces_at_once(office: TestOffice, edit: Edit) -> None:
    office.welcome("reworded")
    assert "我理一下：「纯棉T恤 白色 L码」拍了3件，收到2件" in says(office, "reworded", "T恤少了一件")
    edit(REPLIES, "我理一下：", "我核对了：")
    edit(WORDS, "拍了{ordered}件，收到{received}件", "买了{ordered}件，到了{received}件")
    office.welcome("reworded again")
    assert "我核对了：「纯棉T恤 白色 L码」买了3件，到了2件" in says(office, "reworded again", "T恤少了一件")
    edit(WORDS, "补发{what}，{due}发出", "马上补{what}，{due}寄走")
    assert "马上补「纯棉T恤 白色 L码」1件" in says(office, "reworded again", "运费谁出")


def test_the_lines_of_a_sum_and_what_is_on_its_card_are_reworded_too(edit: Edit) -> None:
    line = Line(
        "refund.share",
        values={"item": "杯子", "paid_fen": 6000, "ordered": 3, "missing": 1, "measure": "件", "amount_fen": 2000},
    )
    result = {"lines": [line, Line("freight.seller")], "sources": [], "penalty_fen": 0}
    rulebook = Rulebook.load(ROOT / "rulebook")
    assert phrases.explanation(result, rulebook) == [
        "缺件退款：「杯子」实付60元÷3件×缺1件=20元。",
        "运费：由商家承担。",
    ]
    edit(WORDS, "share: {label: 缺件退款, sum:", "share: {label: 少的退给您, note: 一分不少, sum:")
    edit(WORDS, "seller: {label: 运费, note: 由商家承担}", "seller: 来回运费都算店里的。")
    edit(WORDS, "compensation: {heading: 怎么算的}", "compensation: {heading: 一笔一笔算给您看}")
    card = cards.compensation(phrases.rows(result, rulebook), result)
    assert card["lines"] == ["少的退给您：「杯子」实付60元÷3件×缺1件=20元，一分不少。", "来回运费都算店里的。"]
    assert card["rows"] == [
        {
            "label": "少的退给您",
            "sum": "「杯子」实付60元÷3件×缺1件",
            "amount_fen": 2000,
            "note": "一分不少",
            "rules": [],
        },
        {"label": "", "sum": "", "amount_fen": None, "note": "来回运费都算店里的。", "rules": []},
    ]
    assert card["labels"] == {"heading": "一笔一笔算给您看"}


@pytest.mark.parametrize(
    ("words", "old", "broken"),
    [
        (WORDS, "understood: ", "understood: {"),
        (WORDS, "understood: ", "overstood: "),
        (WORDS, "收到{received}件，少{missing}件", "收到{recieved}件"),
        (WORDS, "收到{received}件，少{missing}件", "收到{received件"),
        (WORDS, "收到{received}件，少{missing}件", "收到{}件"),
        (WORDS, "remedies: {", "remedies: 补发 # {"),
        (WORDS, "note: 四舍五入到分}", "notes: 四舍五入到分}"),
        (WORDS, "{label: 运费, note: 由买家承担}", "{label: 运费, sum: 由买家承担}"),
        (WORDS, "邮费{amount}一并退", "邮费{amount_fen}一并退"),
        (WORDS, "{label: 运费, note: 由买家承担}", "[运费, 由买家承担]"),
        (REPLIES, "  utter_understood:\n", "  utter_understood\n"),
        (REPLIES, "utter_understood:", "utter_overstood:"),
        (REPLIES, "我理一下：{lines}", "我理一下：{lines"),
        (REPLIES, "responses:", "replies:"),
    ],
)
def test_a_broken_edit_is_logged_once_and_the_former_words_are_said(
    words: Wording, old: str, broken: str, edit: Edit, caplog: pytest.LogCaptureFixture
) -> None:
    before = words.now()
    with caplog.at_level(logging.ERROR):
        edit(words, old, broken)
        assert words.now() is before and words.now() is before
    (logged,) = [record.getMessage() for record in caplog.records]
    assert logged.startswith("the former words are used") and str(words.path) in logged
    words.path.unlink()
    assert words.now() is before, "an editor that saves by another name is halfway through"
    words.path.write_text((ROOT / words.path.name).read_text(encoding="utf-8"), encoding="utf-8")
    assert words.now() == before and words.now() is not before


@pytest.mark.parametrize("words", [Words, lambda path: Responses(path, "responses")])
def test_without_words_there_is_nothing_to_say(words: Callable[[Path], Wording], tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"absent\.yml"):
        words(tmp_path / "absent.yml").now()
