"""What was judged before an interruption is not judged again, and nothing is lost or doubled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.triage import work
from bot.triage.judge import Message, Verdict
from bot.triage.sheet import Sheet, open_sheet
from bot.triage.work import CannotGoOn, Part, count, judge


class Counting:
    """Judges nothing; stops the process at a row if it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.stops_at: str | None = None

    def verdict(self, message: Message) -> Verdict:
        if message.text == self.stops_at:
            raise KeyboardInterrupt
        self.seen.append(message.text)
        return Verdict("greet", reply=message.text, order_id=message.order_id)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    judging = Counting()
    monkeypatch.setattr(work, "_open", lambda: monkeypatch.setattr(work, "_judge_of_process", judging))
    return judging


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    rows = "".join(f"{number},'{number:016}\n" for number in range(350))
    (tmp_path / "in.csv").write_text(f"内容,订单号\n{rows}", encoding="utf-8")
    return open_sheet(tmp_path / "in.csv")


def run(sheet: Sheet, *, resume: bool = False) -> Part:
    part = Part.of(sheet, sheet.path.with_name("out.csv"))
    judge(sheet, part, count(sheet), 1, resume=resume)
    return part


def test_every_row_in_order(sheet: Sheet, counting: Counting) -> None:
    part = run(sheet)
    assert [verdict.reply for verdict in part.verdicts()] == [str(number) for number in range(350)]
    assert next(iter(part.verdicts())).order_id == "0" * 16


def test_interrupted_and_gone_on_with(sheet: Sheet, counting: Counting) -> None:
    counting.stops_at = "250"
    with pytest.raises(KeyboardInterrupt):
        run(sheet)
    with pytest.raises(CannotGoOn, match="--resume"):
        run(sheet)
    before, counting.seen, counting.stops_at = counting.seen, [], None
    part = run(sheet, resume=True)
    assert before[:200] + counting.seen == [verdict.reply for verdict in part.verdicts()]
    assert len(before[:200] + counting.seen) == 350  # of a batch that was not whole, nothing is kept


def test_a_line_that_was_being_written_is_written_again(sheet: Sheet, counting: Counting) -> None:
    part = run(sheet)
    whole = part.path.read_bytes()
    part.path.write_bytes(whole[:-30])
    counting.seen = []
    run(sheet, resume=True)
    assert counting.seen == ["349"] and part.path.read_bytes() == whole


def test_not_with_another_sheet(sheet: Sheet, counting: Counting) -> None:
    with pytest.raises(CannotGoOn, match="没有没做完的"):
        run(sheet, resume=True)
    part = run(sheet)
    head, *rest = part.path.read_text(encoding="utf-8").splitlines(keepends=True)
    part.path.write_text(json.dumps({**json.loads(head), "bytes": 1}) + "\n" + "".join(rest), encoding="utf-8")
    with pytest.raises(CannotGoOn, match="另一张表"):
        run(sheet, resume=True)
