"""Find what spoils training examples without a word from Rasa, or with a warning that scrolls by.

Usage: ``lint_nlu.py [data/]``. A line in Chinese for each finding; exits 1 when there is one. Rasa trains on misaligned
entities all the same, and then finds neither them nor their neighbours. Nor does it mind in which file an example
stands; whoever looks for the examples of an intent does.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.nlu.training_data.entities_parser import find_entities_in_training_example, replace_entities

ROOT = Path(__file__).resolve().parent.parent
# Fewer, and one rare wording decides what the classifier believes.
FEWEST_EXAMPLES = 30

Span = tuple[int, int]
# A tokenizer may respell its tokens; what counts is where they lie in the text as typed.
Tokenize = Callable[[str], Sequence[Span]]


@dataclass(frozen=True)
class Example:
    """One line of training data. ``text`` is without annotations, ``spans`` the annotated (start, end) in it."""

    path: Path
    line: int
    intent: str
    text: str
    spans: tuple[Span, ...]

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line} 意图 {self.intent}"


class DataError(ValueError):
    """A file that cannot be read as training data; the message says which and why."""


def read(path: Path) -> Iterator[Example]:
    """The intent examples of one training file, with their line numbers.

    Raises:
        DataError: no YAML, or examples that are not written as a block of "- …" lines.
    """
    try:
        document = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}：读不了：{error}") from error
    for item in _items(document, "nlu"):
        fields = _fields(item)
        if "intent" not in fields or "examples" not in fields:
            continue  # synonyms, lookups, expressions
        block = fields["examples"]
        if not isinstance(block, yaml.ScalarNode) or block.style != "|":
            raise DataError(f"{path}:{block.start_mark.line + 1} examples 请写成“examples: |”，每行一个“- ”")
        # The mark is at "|"; the first example follows on the next line, which the mark counts from 0.
        for line, raw in enumerate(block.value.split("\n"), start=block.start_mark.line + 2):
            if raw.strip().startswith("-"):
                yield _example(path, line, fields["intent"].value, raw.strip()[1:].strip())


def _items(document: yaml.Node | None, key: str) -> list[yaml.Node]:
    items = _fields(document).get(key)
    return list(items.value) if isinstance(items, yaml.SequenceNode) else []


def _fields(node: yaml.Node | None) -> dict[str, Any]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _example(path: Path, line: int, intent: str, annotated: str) -> Example:
    entities = find_entities_in_training_example(annotated)
    spans = tuple((entity["start"], entity["end"]) for entity in entities)
    return Example(path, line, intent, replace_entities(annotated), spans)


def problems(examples: Iterable[Example], tokenize: Tokenize) -> Iterator[str]:
    """A Chinese sentence for each thing that is wrong, in the order of the examples."""
    counts: Counter[str] = Counter()
    seen: dict[str, Example] = {}
    for example in examples:
        counts[example.intent] += 1
        if example.text.startswith("/"):
            yield f"{example.place}：“{example.text}”以“/”开头，Rasa 会当作指令而不是买家的话"
        yield from _misaligned(example, tokenize)
        first = seen.setdefault(_essence(example.text), example)
        if first is not example:
            where = "本意图已有" if first.intent == example.intent else f"意图 {first.intent} 也有"
            yield f"{example.place}：“{example.text}”{where}（{first.path}:{first.line}）"
    for intent, count in counts.items():
        if count < FEWEST_EXAMPLES:
            yield f"意图 {intent}：只有 {count} 个例句，至少要 {FEWEST_EXAMPLES} 个"


def misplaced(examples: Sequence[Example], folder: Path) -> Iterator[str]:
    """A Chinese sentence for each block of examples that stands where nobody looks for its intent.

    An intent is at home in ``nlu/<intent>.yml``, or in ``nlu.yml`` if it has no file of its own. Files anywhere else,
    ``nlu/contrasts/`` above all, take every intent: what was written side by side says more there.
    """
    main, own = folder / "nlu.yml", folder / "nlu"
    files = {example.path for example in examples}
    settled = {example.intent for example in examples if example.path == main}
    before = None
    for example in examples:
        block, before = before, (example.path, example.intent)
        home = own / f"{example.intent}.yml"
        if home not in files and example.intent in settled:
            home = main
        is_ruled = example.path == main or example.path.parent == own
        if block != before and is_ruled and example.path != home:
            yield (
                f"{example.place}：“{example.text}”不该写在 {example.path.name} 里，这个意图的例句在 {home}；"
                f"要与相近的意图对照，请写进 {own / 'contrasts'}/"
            )


def _essence(text: str) -> str:
    """Full-width or half-width, capitals and spaces make no second example."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _misaligned(example: Example, tokenize: Tokenize) -> Iterator[str]:
    if not example.spans:
        return
    tokens = tokenize(example.text)
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    for start, end in example.spans:
        if start not in starts or end not in ends:
            cut = " | ".join(example.text[first:last] for first, last in tokens)
            yield (
                f"{example.place}：“{example.text}”中的实体“{example.text[start:end]}”没有落在词的边界上，"
                f"分词是 {cut}；请改标注，或把词加进 dictionary/"
            )


def project_tokenizer(root: Path = ROOT) -> Tokenize:
    """What the tokenizer of config.yml cuts by: jieba with its dictionary."""
    from bot.language.words import Cutter

    pipeline = yaml.safe_load((root / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    dictionary = next((item["dictionary_path"] for item in pipeline if item.get("dictionary_path")), None)
    cutter = Cutter(root / dictionary if dictionary else None)
    return lambda text: [(start, start + len(word)) for word, start in cutter.cut(text)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check the intent examples of a folder of training data.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("data"))
    folder: Path = parser.parse_args(arguments).folder
    try:
        examples = [example for path in sorted(folder.rglob("*.yml")) for example in read(path)]
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    if not examples:
        print(f"{folder}：没有找到例句", file=sys.stderr)
        return 1
    found = [*misplaced(examples, folder), *problems(examples, project_tokenizer())]
    for problem in found:
        print(problem)
    print(f"{len(examples)} 个例句，{len(found)} 个问题")
    return 1 if found else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
