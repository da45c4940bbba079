"""What the docs say is so: the README's conversation is played; settings, commands and rooms are those there are."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
import tomli

from bot.cli import COMMANDS
from bot.inbox.model import Incoming
from bot.settings import Settings
from tests.office import TestOffice

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

_DUE = re.compile(r"[^，。：（\n]{0,4}（?\d{1,2}月\d{1,2}日）?[^，。\n]{0,6}前")
_CLAIM = re.compile(r"SF-\d{8}-[A-Z0-9]{6}")


def conversation(page: str) -> list[str]:
    return [line.removeprefix("> ").rstrip() for line in page.splitlines() if line.startswith("> ")]


def played() -> list[tuple[str, list[str]]]:
    """What the buyer says in the README, and what the bot answers, buttons in 〔〕."""
    lines = conversation(README.partition("## A real conversation")[2].partition("\n## ")[0])
    turns: list[tuple[str, list[str]]] = []
    for line in lines:
        if said := re.fullmatch(r"\*\*买家\*\*：(.*)", line):
            turns.append((said[1], []))
        elif answer := re.fullmatch(r"\*\*小发\*\*：(.*)", line):
            turns[-1][1].append(answer[1])
        else:
            turns[-1][1][-1] += f"\n{line}"
    return turns


def undated(text: str) -> str:
    return _CLAIM.sub("SF", _DUE.sub("…前", text))


def test_the_conversation_of_the_readme_is_what_the_bot_says(office: TestOffice) -> None:
    turns = played()
    assert len(turns) >= 5
    office.welcome("readme")
    for text, answers in turns:
        outcome = asyncio.run(office.inbox.handle(Incoming("readme", text, buyer_id="readme")))
        shown = [
            " ".join([reply["text"], "".join(f"〔{button['title']}〕" for button in reply["buttons"])]).strip()
            for reply in outcome.replies
        ]
        assert [undated(line) for line in shown] == [undated(line) for line in answers], text


def test_both_readmes_show_the_same_conversation() -> None:
    assert conversation((ROOT / "README.zh-CN.md").read_text(encoding="utf-8")) == conversation(README)


def test_every_setting_is_in_the_table_and_no_other() -> None:
    table = README.partition("| setting | default | |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`SHAOFA_([A-Z_]+)`", "\n".join(line.split("|")[1] for line in table.splitlines()[2:])))
    inner = {"MODELS_DIR", "SHOP_FILE", "RULEBOOK_DIR"}  # where the files of the project itself are
    assert named == {name.upper() for name in Settings.__fields__} - inner


def test_every_command_is_shown() -> None:
    shown = README.partition("## The command")[2].partition("\n## ")[0]
    for name in COMMANDS:
        assert re.search(rf"shaofa {name.replace('_', '-')}\b", shown), name


def test_every_room_is_in_the_guide() -> None:
    contracts = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (house,) = [contract for contract in contracts if contract["type"] == "layers"]
    rooms = {room for room in re.findall(r"bot\.(\w+)", " ".join(house["layers"])) if (ROOT / "bot" / room).exists()}
    described = set(re.findall(r"`bot/(\w+)`", GUIDE.partition("## The house")[2].partition("### The way")[0]))
    assert rooms <= described


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_what_a_page_points_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, target


PAGES = [ROOT / page for page in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "bench/README.md")]
WRITTEN_BY_THE_READER = {"rulebook/haitun.yml"}  # what a recipe of the guide has one make


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_a_file_a_page_names_is_there(page: Path) -> None:
    """Pages name files as the project's root sees them: `bot/talk/words.yml`."""
    text = page.read_text(encoding="utf-8")
    for named in re.findall(r"`((?:actions|bench|bot|data|docs|rulebook|tests)/[\w./-]+)`", text):
        assert (ROOT / named).exists() or named in WRITTEN_BY_THE_READER, named
