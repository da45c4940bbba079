from __future__ import annotations

import copy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.quantities import DEFAULT_WORDS, QuantityReader, WordsError, bare, grams, least, read, read_mentions
from tests.language.sentences import sentences

WORDS = "买了 拍 少了 漏发 到 只有 就 三件 2 两 一双 只 没收到 都没 的 里 ， 。 不是 50块 3号 x 打"
WORDS += " 买二送一 8斤半 八两 3+1盒 10-2=8 全没发 jian 半打 每箱 俩 第 和 1,000个"
SCRAPS = st.lists(st.sampled_from(WORDS.split()) | st.characters(blacklist_categories=[])).map("".join)


@pytest.mark.parametrize("sentence", sentences("quantities.yml"))
def test_sentence(sentence: dict[str, Any]) -> None:
    found = read(sentence["text"])
    assert [found.ordered, found.received, found.missing, found.unit] == sentence["is"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2", (2, None)),
        ("两件", (2, "件")),
        ("就俩吧", (2, None)),
        ("嗯，三件。", (3, "件")),
        ("半打", (6, None)),
        ("１２", (12, None)),
        ("9999", (9999, None)),
        ("0", (0, None)),
        ("4012345678901234567", (None, None)),
        ("13812345678", (None, None)),
        ("50元", (None, None)),
        ("三号", (None, None)),
        ("两三件", (None, None)),
        ("两斤", (None, None)),
        ("3.5件", (None, None)),
        ("没有", (None, None)),
        ("3件少了1件", (None, None)),
        ("", (None, None)),
    ],
)
def test_bare_answer(text: str, answer: tuple[int | None, str | None]) -> None:
    assert bare(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("嗯 算15根", (15, "根")),
        ("十五 就当十五根", (15, "根")),
        ("15只 差不离", (15, "只")),
        ("大概15个左右吧", (15, "个")),
        ("0块", (0, "块")),
        ("一双", (1, "双")),
        ("3个或者4个", (None, None)),
        ("十好几根", (None, None)),
    ],
)
def test_about_so_many_is_so_many_in_an_answer(text: str, answer: tuple[int | None, str | None]) -> None:
    assert bare(text) == answer


@pytest.mark.parametrize(
    ("text", "lower"),
    [
        ("五六支", 5),
        ("十五六根吧", 15),
        ("5-6支", 5),
        ("3到4个", 3),
        ("大概两三个", 2),
        ("15", None),
        ("六五个", None),
        ("十来个", None),
    ],
)
def test_the_lower_of_two_that_are_left_open(text: str, lower: int | None) -> None:
    assert least(text) == lower


@settings(deadline=None)
@given(SCRAPS)
def test_never_crashes_and_adds_up(text: str) -> None:
    bare(text)
    found, mentions = read_mentions(text)
    counts = [found.ordered, found.received, found.missing]
    assert all(count is None or count >= 0 for count in counts)
    assert counts.count(None) != 1 or any(mention.role for mention in mentions)
    first = {mention.role: mention.value for mention in reversed(mentions)}
    assert first == {role: count for role, count in found.as_dict().items() if role != "unit" and count is not None}
    for mention in mentions:
        assert 0 <= mention.start < mention.end <= len(text)


def test_mentions_point_at_the_words() -> None:
    text = "我拍了三件Ｔ恤怎么就到２件"
    _, mentions = read_mentions(text)
    assert [(m.role, text[m.start : m.end], m.derived) for m in mentions] == [
        ("ordered", "三件", False),
        ("received", "２件", False),
        ("missing", "三件Ｔ恤怎么就到２件", True),
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("有一包里面才两条", 2),
        ("其中一盒只有10片", 10),
        ("有一袋里面是空的", 0),
        ("买了3盒，一盒里头啥也没有", 0),
    ],
)
def test_what_was_in_one_of_several_packs(text: str, count: int) -> None:
    found, mentions = read_mentions(text)
    assert [m.value for m in mentions if m.role == "in_one_pack"] == [count]
    assert (found.received, found.missing) == (None, None)


def test_of_several_things_the_others_are_mentioned_after_the_first() -> None:
    text = "袜子买三双少了2双，毛巾也少一条"
    found, mentions = read_mentions(text)
    assert found.as_dict() == {"ordered": 3, "received": 1, "missing": 2, "unit": "双"}
    assert [(m.role, m.unit, text[m.start : m.end]) for m in mentions if m.role == "missing"] == [
        ("missing", "双", "2双"),
        ("missing", "条", "一条"),
    ]


def test_mentions_of_pinyin_point_at_what_was_typed() -> None:
    text = "Mai le 3 jian zhi dao LIANG jian"
    _, mentions = read_mentions(text)
    assert [(m.role, text[m.start : m.end]) for m in mentions if not m.derived] == [
        ("ordered", "3 jian"),
        ("received", "LIANG jian"),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "weight"),
    [(8.5, "斤", 4250), (2, "两", 100), (1.2, "kg", 1200), (3, "件", None), (3, None, None)],
)
def test_weight_in_grams(value: float, unit: str | None, weight: int | None) -> None:
    assert grams(value, unit) == weight


@pytest.mark.parametrize(
    "scrap",
    [
        "一",
        "1",
        "少",
        "没",
        "有",
        "3到2",
        "少1件",
        "1,",
        "一百",
        "买了三件 ",
        "\ud83d",
        "\x07",
        "shao fa ",
        "a ",
        "两",
        "10-",
        "发2个收1个,",
    ],
)
def test_text_by_the_yard(scrap: str) -> None:
    text = (scrap * 10_000)[:10_000]
    read("")
    begun = time.process_time()
    read(text)
    bare(text)
    assert time.process_time() - begun < 15  # below one as a rule; what grows with the square takes minutes


def test_needs_no_rasa() -> None:
    code = "import sys; from bot.language.quantities import bare, read; bare('2'); assert 'spacy' not in sys.modules; "
    code += "read('少一件'); assert not [m for m in sys.modules if m == 'rasa' or m.startswith('rasa.')]"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"units": None}, "units: must be a list"),
        ({"received": [1]}, "received: must be a list"),
        ({"compounds": {"missing": [["nothing"]]}}, "compounds: must give"),
        ({"parts": {"less": []}}, "parts: must give"),
        ({"pairs": []}, "pairs: must give"),
        ({"weights": ["斤"]}, "weights: must give"),
        ({"pinyin": {"jian": "几件"}}, "pinyin: must give"),
        ({"phrases": {}}, "phrases: must be"),
        ({"ignore": ["("]}, "no regular expression"),
    ],
)
def test_bad_words_are_named(change: dict[str, Any], says: str) -> None:
    words = copy.deepcopy(yaml.safe_load(DEFAULT_WORDS.read_text(encoding="utf-8"))) | change
    with pytest.raises(WordsError, match=says):
        QuantityReader(words)


@pytest.mark.parametrize("content", ["- 1", "a: [", None])
def test_bad_file(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "words.yml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(WordsError, match=r"words\.yml"):
        QuantityReader.load(path)
