"""Each component as Rasa uses it, and all of config.yml's together on a handful of examples."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import jieba
import pytest
import rasa.engine.validation
import yaml
from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.training.fingerprinting import calculate_fingerprint_key
from rasa.shared.core.events import SlotSet
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.intent_classifier import SparseIntentClassifier
from bot.nlu.patterns import SpacyPatternExtractor
from bot.nlu.quantity_extractor import QuantityExtractor
from bot.nlu.tokenizer import ShopJiebaTokenizer
from bot.nlu.understanding import Understanding
from tests.nlu.pipeline import ROOT, configured, context, parse, train, training_data

EXAMPLES = """
- intent: report_short_shipment
  examples: |
    - 少发了
    - 少了一件[袜子](product)
    - 漏发了[毛巾](product)
    - 买了三双[袜子](product)只到两双
    - 怎么少一个
    - [杯盖](product)没收到
- intent: thanks
  examples: |
    - 谢谢
    - 谢谢你
    - 多谢啦
    - 感谢感谢
- intent: request_human
  examples: |
    - 转人工
    - 我要人工客服
    - 找真人
    - 叫你们人工来
"""


def build(kind: Any, folder: Path, **options: Any) -> Any:
    config = {**kind.get_default_config(), **options}
    return kind.create(config, LocalModelStorage(folder), Resource("node"), context("node"))


@pytest.fixture()
def dictionary(tmp_path: Path) -> Path:
    folder = tmp_path / "dictionary"
    folder.mkdir()
    (folder / "shop.txt").write_text("猫抓板板 20000 nz\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def components(tmp_path_factory: pytest.TempPathFactory) -> Sequence[GraphComponent]:
    folder = tmp_path_factory.mktemp("pipeline")
    return train(configured(), training_data(folder, EXAMPLES), folder)


# --- tokenizer --------------------------------------------------------------------------------------------------


def test_words_of_the_dictionary(tmp_path: Path, dictionary: Path) -> None:
    tokenizer = build(ShopJiebaTokenizer, tmp_path, dictionary_path=str(dictionary))
    tokens = tokenizer.tokenize(Message({TEXT: " 貓抓板板 少\u200b發 ＡＢ"}), TEXT)
    assert [(token.text, token.start, token.end) for token in tokens if token.text != "少发"][:1] == [
        ("猫抓板板", 1, 5)
    ]
    assert all(not token.text.isspace() and token.end - token.start == len(token.text) for token in tokens)


def test_two_tokenizers_do_not_share_words(tmp_path: Path, dictionary: Path) -> None:
    build(ShopJiebaTokenizer, tmp_path, dictionary_path=str(dictionary)).tokenize(Message({TEXT: "猫抓板板"}), TEXT)
    plain = build(ShopJiebaTokenizer, tmp_path)
    assert len(plain.tokenize(Message({TEXT: "猫抓板板"}), TEXT)) > 1
    assert "猫抓板板" not in jieba.dt.FREQ


@pytest.mark.parametrize("wrong", ["nowhere", "shop.txt", "empty"])
def test_dictionary_path_must_be_a_directory_with_words(tmp_path: Path, dictionary: Path, wrong: str) -> None:
    (dictionary / "empty").mkdir()
    with pytest.raises(InvalidConfigException, match="ShopJiebaTokenizer: dictionary_path must be a directory"):
        build(ShopJiebaTokenizer, tmp_path, dictionary_path=str(dictionary / wrong))


def test_dictionary_that_is_none(tmp_path: Path, dictionary: Path) -> None:
    (dictionary / "shop.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidConfigException, match="no jieba word list"):
        build(ShopJiebaTokenizer, tmp_path, dictionary_path=str(dictionary))


@pytest.mark.parametrize(
    ("kind", "option", "name"),
    [
        (ShopJiebaTokenizer, "dictionary_path", ""),
        (SpacyPatternExtractor, "patterns", "entities.jsonl"),
        (QuantityExtractor, "words", "quantities.yml"),
    ],
)
def test_an_edited_file_trains_again(tmp_path: Path, kind: Any, option: str, name: str) -> None:
    folder = tmp_path / "files"
    shutil.copytree(ROOT / ("data/patterns" if name else "dictionary"), folder)
    config = {**kind.get_default_config(), option: str(folder / name)}
    before = calculate_fingerprint_key(kind, config, {})
    assert calculate_fingerprint_key(kind, config, {}) == before
    edited = next(folder.glob(name or "*.txt"))
    edited.write_text(edited.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    assert calculate_fingerprint_key(kind, config, {}) != before


def test_the_dictionary_travels_in_the_model(tmp_path: Path, dictionary: Path) -> None:
    tokenizer = build(ShopJiebaTokenizer, tmp_path, dictionary_path=str(dictionary))
    tokenizer.train(TrainingData())
    shutil.rmtree(dictionary)
    config = {**ShopJiebaTokenizer.get_default_config(), "dictionary_path": str(dictionary)}
    loaded = ShopJiebaTokenizer.load(config, LocalModelStorage(tmp_path), Resource("node"), context("node"))
    assert [token.text for token in loaded.tokenize(Message({TEXT: "猫抓板板"}), TEXT)] == ["猫抓板板"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [(ShopJiebaTokenizer, {"dictionary_path": "dictionary"}), (SpacyPatternExtractor, {}), (QuantityExtractor, {})],
)
def test_a_model_without_its_files_says_so(tmp_path: Path, kind: Any, options: dict[str, Any]) -> None:
    config = {**kind.get_default_config(), **options}
    with pytest.raises(InvalidConfigException, match=f"{kind.__name__}: the model holds no"):
        kind.load(config, LocalModelStorage(tmp_path), Resource("node"), context("node"))


@pytest.mark.parametrize(("kind", "option"), [(SpacyPatternExtractor, "patterns"), (QuantityExtractor, "words")])
def test_missing_pattern_file(tmp_path: Path, kind: Any, option: str) -> None:
    with pytest.raises(InvalidConfigException, match=f"{kind.__name__}: .*cannot be read"):
        build(kind, tmp_path, **{option: str(tmp_path / "none")})


# --- features and intents ---------------------------------------------------------------------------------------


def train_classifier(folder: Path, examples: str = EXAMPLES, **options: Any) -> Sequence[GraphComponent]:
    pipeline = [{"name": "bot.nlu.tokenizer.ShopJiebaTokenizer"}]
    pipeline += [{"name": "bot.nlu.intent_classifier.SparseIntentClassifier", **options}]
    return train(pipeline, training_data(folder, examples), folder)


@pytest.mark.parametrize(
    "options",
    [
        {"C": 0},
        {"temperature": -1},
        {"max_iter": "x"},
        {"balance": 2},
        {"feature_weights": {"characters": "b"}},
        {"feature_weights": {"letters": 1}},
        {"min_ngram": 0},
        {"min_ngram": 3, "max_ngram": 2},
        {"min_df": 0},
        {"min_df": "a"},
    ],
)
def test_impossible_options(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigException, match="SparseIntentClassifier"):
        build(SparseIntentClassifier, tmp_path, **options)


def test_min_df_that_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="no feature is left"):
        train_classifier(tmp_path, min_df=1000)


def test_one_intent_is_no_choice(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="at least two intents"):
        train_classifier(tmp_path, "- intent: thanks\n  examples: |\n    - 谢谢\n    - 多谢\n")


def test_two_intents(tmp_path: Path) -> None:
    trained = train_classifier(
        tmp_path,
        "- intent: thanks\n  examples: |\n    - 谢谢\n    - 多谢\n"
        "- intent: greet\n  examples: |\n    - 你好\n    - 您好\n",
    )
    assert parse(trained, "谢谢你").get("intent")["name"] == "thanks"
    assert parse(trained, "你好呀").get("intent")["name"] == "greet"


def test_an_untrained_classifier_does_no_harm(tmp_path: Path) -> None:
    untrained = build(SparseIntentClassifier, tmp_path)
    untrained.train(TrainingData())
    assert parse([untrained], "少发了").get("intent") is None


@pytest.mark.parametrize("kind", ["characters", "words", "cues"])
def test_each_kind_of_features_tells_intents_apart_by_itself(tmp_path: Path, kind: str) -> None:
    others = {name: 0 for name in ("characters", "words", "cues") if name != kind}
    cues = (
        EXAMPLES
        + "- regex: short\n  examples: |\n    - [少漏没]\n- lookup: people\n  examples: |\n    - 人工\n    - 真人\n"
    )
    trained = train_classifier(tmp_path, cues, feature_weights=others)
    assert parse(trained, "少发了一件").get("intent")["name"] == "report_short_shipment"
    assert parse(trained, "人工").get("intent")["name"] == "request_human"
    assert parse(trained, "好").get("intent") == {"name": None, "confidence": 0.0}


def test_clauses_are_ranked_beside_the_message(tmp_path: Path) -> None:
    text = "少了一件袜子，给我转人工！谢谢"
    message = parse(train_classifier(tmp_path), text)
    found = [(clause["text"], clause["intent"]) for clause in message.get("clauses")]
    assert found == [("少了一件袜子", "report_short_shipment"), ("给我转人工", "request_human"), ("谢谢", "thanks")]
    for clause in message.get("clauses"):
        assert text[clause["start"] : clause["end"]] == clause["text"]
        assert clause["intent_ranking"][0] == {"name": clause["intent"], "confidence": clause["confidence"]}
    assert json.loads(json.dumps(message.get("clauses"))) == message.get("clauses")
    assert parse(train_classifier(tmp_path), "少发了").get("clauses") == []


def test_a_clause_is_read_as_a_message_of_its_own_would_be(components: Sequence[GraphComponent]) -> None:
    for clause in parse(components, "就漏发了毛巾ABC，轉人工1次，多谢啦").get("clauses"):
        alone = parse(components[:3], clause["text"]).get("intent")
        assert clause["intent"] == alone["name"] and clause["confidence"] == pytest.approx(
            alone["confidence"], abs=1e-4
        )


# --- understanding ----------------------------------------------------------------------------------------------


def understood(tracker: DialogueStateTracker | None = None, **parsed: Any) -> Message:
    message = Message(
        data={"intent": {"name": "greet", "confidence": 0.9}, "entities": [{"entity": "product"}], **parsed}
    )
    return Understanding.create({}, LocalModelStorage(Path()), Resource("node"), context("node")).process(
        [message], tracker
    )[0]


def test_understanding_without_a_conversation_and_in_an_empty_one() -> None:
    for tracker in (None, DialogueStateTracker.from_events("nobody", [])):
        message = understood(tracker, text="你好")
        assert message.get("intent") == {"name": "greet", "confidence": 0.9}
        assert message.get("also") == [] and message.get("entities") == [{"entity": "product"}]


def test_understanding_knows_what_was_asked() -> None:
    ranking = [{"name": "nlu_fallback", "confidence": 0.3}, {"name": "give_item", "confidence": 0.25}]
    slots = [AnySlot("requested_slot", mappings=[{}])]
    tracker = DialogueStateTracker.from_events("somebody", [SlotSet("requested_slot", "item")], slots)
    unsure = {"text": "那个盖子", "intent": ranking[0], "intent_ranking": ranking}
    assert understood(tracker, **unsure).get("intent") == {"name": "give_item", "confidence": 0.25}
    assert understood(None, **unsure).get("intent") == ranking[0]


def test_understanding_of_a_bare_link_is_none() -> None:
    message = understood(
        text="https://item.taobao.com/item.htm?id=4012345678901234567", intent_ranking=[{"name": "greet"}]
    )
    assert message.get("intent") == {"name": None, "confidence": 0.0}
    assert message.get("entities") == [] and message.get("intent_ranking") == []


def test_what_is_understood_is_part_of_the_parse(components: Sequence[GraphComponent]) -> None:
    message = parse(components, "少了一件袜子，给我转人工，谢谢你")
    parsed = message.as_dict(only_output_properties=True)
    assert parsed["intent"]["name"] == "report_short_shipment"
    assert set(parsed) >= {"text", "intent", "entities", "intent_ranking", "clauses", "also"}


def test_understanding_fits_into_the_graph() -> None:
    """Rasa compares the hint of the tracker with what it hands over, and gives a component without a domain none."""
    recipe = DefaultV1Recipe()
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    for kind in (TrainingType.BOTH, TrainingType.NLU):
        model = recipe.graph_config_for_recipe(deepcopy(config), {}, kind)
        rasa.engine.validation.validate(model)


# --- together ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("少发了俩", "report_short_shipment"),
        ("謝謝啦", "thanks"),
        ("轉人工！！", "request_human"),
        ("漏发毛巾了", "report_short_shipment"),
    ],
)
def test_intents(components: Sequence[GraphComponent], text: str, intent: str) -> None:
    message = parse(components, text)
    assert message.get("intent")["name"] == intent
    ranking = message.get("intent_ranking")
    assert ranking[0] == message.get("intent")
    assert sum(entry["confidence"] for entry in ranking) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("text", ["", " ", "🙂", "\x00\x01", "\ud83d", "\u200b", "qqq", "？？？"])
def test_what_says_nothing_is_not_understood(components: Sequence[GraphComponent], text: str) -> None:
    assert parse(components, text).get("intent")["name"] == "nlu_fallback"


def test_entities_are_plain_data(components: Sequence[GraphComponent]) -> None:
    text = "订单4012345678901234567拍了三双Ｔ恤就到俩，赔我50块，昨天顺丰送的"
    entities = parse(components, text).get("entities")
    found = {(entity["entity"], entity.get("role")): entity["value"] for entity in entities}
    assert found[("order_number", None)] == "4012345678901234567"
    assert found[("quantity", "ordered")] == 3
    assert found[("quantity", "received")] == 2
    assert found[("quantity", "missing")] == 1
    assert found[("courier", None)] == "顺丰"
    assert found[("date", None)] == "昨天"
    assert next(entity for entity in entities if entity["entity"] == "money")["fen"] == 5000
    assert json.loads(json.dumps(entities)) == entities
    assert all(0 <= entity["start"] < entity["end"] <= len(text) and entity["extractor"] for entity in entities)


@pytest.mark.parametrize("scrap", ["少发了一件，", "一", "1", "\x00", "\ud83d", "a", "😀"])
def test_a_message_of_10000_characters(components: Sequence[GraphComponent], scrap: str) -> None:
    text = (scrap * 10_000)[:10_000]
    parse(components, "热身")
    begun = time.process_time()
    parse(components, text)
    assert time.process_time() - begun < 15  # below two as a rule; what grows with the square takes minutes


@pytest.mark.parametrize(
    "kind", [ShopJiebaTokenizer, SparseIntentClassifier, SpacyPatternExtractor, QuantityExtractor, Understanding]
)
def test_what_came_from_the_cache_is_fingerprinted_without_its_options(kind: Any) -> None:
    calculate_fingerprint_key(kind, {}, {})  # Rasa asks so in the second training; a KeyError would end it
