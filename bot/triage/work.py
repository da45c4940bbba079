"""The whole sheet judged, on all cores; what is done stays done when it is interrupted.

What was judged lies in ``OUT.part``, a line a row, in order, until the last is there: then the sheet is written.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot.triage.judge import Judge, Message, Verdict
from bot.triage.sheet import Row, Sheet
from bot.triage.words import WORDS

_AT_A_TIME = 100  # rows: some seconds' work, which is what an interruption costs
_WORTH_A_WORKER = 500  # rows: starting one takes as long


class CannotGoOn(ValueError):
    """The message is the one line that its owner gets to see."""


@dataclass(frozen=True)
class Part:
    """What has been judged so far of a sheet."""

    path: Path
    head: dict[str, Any]

    @classmethod
    def of(cls, sheet: Sheet, out: Path) -> Part:
        status = sheet.path.stat()
        head = {"file": sheet.path.name, "bytes": status.st_size, "text": sheet.columns[sheet.places["text"]]}
        return cls(out.with_name(f"{out.name}.part"), head)

    def begin(self, *, resume: bool) -> int:
        """How many rows are done already.

        Raises:
            CannotGoOn: there is something begun that is not to be gone on with, or is of another sheet.
        """
        if not resume:
            if self.path.exists():
                raise CannotGoOn(f"{self.path}：上次没做完，接着做请加 --resume，从头做请先删掉它")
            self.path.write_text(json.dumps(self.head) + "\n", encoding="utf-8")
            return 0
        if not self.path.exists():
            raise CannotGoOn(f"{self.path}：没有没做完的，去掉 --resume 从头做")
        with self.path.open("rb+") as file:
            if _loaded(file.readline()) != self.head:
                raise CannotGoOn(f"{self.path}：是另一张表的，或者表改过了，请删掉它从头做")
            done, end = 0, file.tell()
            for line in file:
                if _loaded(line) is None:  # it was being written
                    break
                done, end = done + 1, end + len(line)
            file.truncate(end)
        return done

    def append(self, verdicts: Iterable[Verdict]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(verdict), ensure_ascii=True) + "\n" for verdict in verdicts)

    def verdicts(self) -> Iterator[Verdict]:
        with self.path.open(encoding="utf-8") as file:
            next(file)
            for line in file:
                yield Verdict(**json.loads(line))


def judge(sheet: Sheet, part: Part, rows: int, jobs: int, *, resume: bool) -> None:
    """Every row that has no verdict yet gets one.

    Raises:
        CannotGoOn: see ``Part.begin``.
    """
    done = part.begin(resume=resume)
    jobs = max(1, min(jobs, (rows - done) // _WORTH_A_WORKER))
    with ExitStack() as stack:
        progress = stack.enter_context(tqdm(total=rows, initial=done, desc="分拣", unit="行", disable=None))
        batches = _batches(message_of(sheet, row) for row in islice(sheet.rows(), done, None))
        for verdicts in _judged(batches, jobs, stack):
            part.append(verdicts)
            progress.update(len(verdicts))


def message_of(sheet: Sheet, row: Row) -> Message:
    place = sheet.places.get("order_id")
    order_id = row.cells[place].strip("=\"'`\t ") if place is not None else ""
    return Message(row.cells[sheet.places["text"]], order_id)


def count(sheet: Sheet) -> int:
    return sum(1 for _ in sheet.rows())


def problem(row: Row) -> list[str]:
    return [WORDS["notes"][row.problem]] if row.problem else []


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- processes ------------------------------------------------------------------------------------


def _batches(messages: Iterator[Message]) -> Iterator[list[Message]]:
    while batch := list(islice(messages, _AT_A_TIME)):
        yield batch


def _judged(batches: Iterator[list[Message]], jobs: int, stack: ExitStack) -> Iterator[list[Verdict]]:
    """In order; no more is read ahead than keeps all workers busy."""
    if jobs == 1:
        _open()
        yield from map(_judge, batches)
        return
    # Rasa's threads and locks do not survive a fork.
    pool = stack.enter_context(ProcessPoolExecutor(jobs, get_context("spawn"), _open))
    waiting: deque[Future[list[Verdict]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_judge, batch))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


_judge_of_process: Judge | None = None


def _open() -> None:
    global _judge_of_process
    from bot import logs
    from bot.engine.training import trained_model
    from bot.inbox.opening import load_engine, open_inbox

    logs.configure()
    inbox = open_inbox(load_engine(trained_model()))
    _judge_of_process = Judge(inbox.engine, inbox.desk)


def _judge(batch: list[Message]) -> list[Verdict]:
    assert _judge_of_process is not None
    return [_judge_of_process.verdict(message) for message in batch]


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
