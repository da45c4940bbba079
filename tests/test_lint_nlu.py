"""The linter of training data: each finding once, with file, line and the buyer's words; silence on good data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import lint_nlu

HEAD = 'version: "3.1"\n\nnlu:\n'


def by_character(text: str) -> Sequence[lint_nlu.Span]:
    return [(place, place + 1) for place in range(len(text))]


def findings(path: Path, content: str, tokenize: lint_nlu.Tokenize = by_character) -> list[str]:
    path.write_text(HEAD + content, encoding="utf-8")
    return [found for found in lint_nlu.problems(lint_nlu.read(path), tokenize) if "至少要" not in found]


def intent(name: str, *examples: str) -> str:
    return f"- intent: {name}\n  examples: |\n" + "".join(f"    - {example}\n" for example in examples)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nlu.yml"


def test_examples_are_read_with_line_spans_and_plain_text(file: Path) -> None:
    content = intent("greet", "你好") + "- synonym: 俩\n  examples: |\n    - 两个\n"
    file.write_text(HEAD + content + intent("report", "少了[T恤](product)和[裤子](product)"), encoding="utf-8")
    first, second = lint_nlu.read(file)
    assert (first.line, first.intent, first.text, first.spans) == (6, "greet", "你好", ())
    assert (second.line, second.text, second.spans) == (12, "少了T恤和裤子", ((2, 4), (5, 7)))


def test_good_data_is_silent(file: Path) -> None:
    assert findings(file, intent("greet", "你好", "在吗") + intent("report", "少了[T恤](product)")) == []


def test_entity_that_cuts_a_token_is_named_with_the_tokens(file: Path) -> None:
    (found,) = findings(file, intent("report", "少了[枕套](product)"), lambda text: [(0, 1), (1, 3), (3, 4)])
    assert f"{file}:6 意图 report" in found
    assert "“枕套”" in found and "少 | 了枕 | 套" in found


def test_same_text_in_two_intents_is_found_whatever_its_width(file: Path) -> None:
    (found,) = findings(file, intent("affirm", "OK 的") + intent("accept_offer", "ＯＫ的"))
    assert f"{file}:9 意图 accept_offer" in found and f"意图 affirm 也有（{file}:6）" in found


def test_double_within_an_intent_is_found_whatever_its_annotation(file: Path) -> None:
    (found,) = findings(file, intent("report", "少了T恤", "少了[T恤](product)"))
    assert f"{file}:7" in found and f"本意图已有（{file}:6）" in found


def test_leading_slash_is_found(file: Path) -> None:
    (found,) = findings(file, intent("report", "/inform"))
    assert "以“/”开头" in found


def test_intent_with_too_few_examples_is_named(file: Path) -> None:
    enough = [f"例句{number}" for number in range(lint_nlu.FEWEST_EXAMPLES)]
    file.write_text(HEAD + intent("rich", *enough) + intent("poor", "一句"), encoding="utf-8")
    assert list(lint_nlu.problems(lint_nlu.read(file), by_character)) == ["意图 poor：只有 1 个例句，至少要 30 个"]


def folder_with(folder: Path, files: dict[str, str]) -> list[lint_nlu.Example]:
    """The examples of a folder of training data, read in the order of ``main``."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + content, encoding="utf-8")
    return [example for path in sorted(folder.rglob("*.yml")) for example in lint_nlu.read(path)]


def test_every_intent_at_home_and_all_of_them_in_contrasts_is_silent(tmp_path: Path) -> None:
    files = {
        "nlu.yml": intent("report", "少了") + intent("accept_offer", "行"),
        "nlu/greet.yml": intent("greet", "你好") + intent("greet", "早"),
        "nlu/contrasts/talk.yml": intent("greet", "在吗") + intent("report", "少一个") + intent("thanks", "谢谢"),
        "of_my_own.yml": intent("greet", "哈喽"),
    }
    assert list(lint_nlu.misplaced(folder_with(tmp_path, files), tmp_path)) == []


@pytest.mark.parametrize(
    ("stray", "file", "line", "home"),
    [
        ("thanks", "nlu/greet.yml", 9, "nlu/thanks.yml"),
        ("report", "nlu/greet.yml", 9, "nlu.yml"),  # the main ones have no file of their own
        ("brand_new", "nlu/greet.yml", 9, "nlu/brand_new.yml"),
        ("thanks", "nlu.yml", 9, "nlu/thanks.yml"),
    ],
)
def test_block_in_a_file_of_another_intent_is_named_once_with_its_home(
    tmp_path: Path, stray: str, file: str, line: int, home: str
) -> None:
    files = {
        "nlu.yml": intent("report", "少了"),
        "nlu/greet.yml": intent("greet", "你好"),
        "nlu/thanks.yml": intent("thanks", "谢谢"),
    }
    files[file] += intent(stray, "放错的", "也放错的")
    (found,) = lint_nlu.misplaced(folder_with(tmp_path, files), tmp_path)
    assert found.startswith(f"{tmp_path / file}:{line} 意图 {stray}：“放错的”不该写在 {Path(file).name} 里")
    assert f"这个意图的例句在 {tmp_path / home}；" in found and f"{tmp_path / 'nlu' / 'contrasts'}/" in found


def test_misplaced_examples_fail_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder_with(tmp_path, {"nlu/greet.yml": intent("greet", "你好") + intent("thanks", "谢谢")})
    assert lint_nlu.main([str(tmp_path)]) == 1
    assert "意图 thanks：“谢谢”不该写在 greet.yml 里" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["nlu: [", "nlu:\n- intent: greet\n  examples:\n  - 你好\n"])
def test_unreadable_file_is_named(file: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(content, encoding="utf-8")
    assert lint_nlu.main([str(file.parent)]) == 1
    assert str(file) in capsys.readouterr().err


def test_folder_without_examples_is_a_mistake(tmp_path: Path) -> None:
    assert lint_nlu.main([str(tmp_path)]) == 1
