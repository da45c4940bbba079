"""Ten conversations, with a fault at each of their commits in turn: they must end as if nothing had been."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from bench.faults.ends import differences, end_of
from bench.faults.scripts import TALK, Player, Script, prepare, scripts
from bot.db import make_engine
from bot.engine.protocol import Engine

Fault = Literal["dies before it", "dies after it", "fails", "holds, and an error is reported"]
FAULTS: tuple[Fault, ...] = ("dies before it", "dies after it", "fails", "holds, and an error is reported")
_DIED = 9
_PATIENCE_S = 60

fork = get_context("fork")  # a life begins in milliseconds, with the model loaded


@dataclass(frozen=True)
class Point:
    script: Script
    commit: int
    fault: Fault


class Commits:
    """Counts the commits of a database, and has the fault happen at one of them."""

    def __init__(self, url: str, point: Point | None) -> None:
        self.count = 0
        self._point = point
        dialect = make_engine(url).dialect
        self._commit = dialect.do_commit
        dialect.do_commit = self._do_commit

    @property
    def has_happened(self) -> bool:
        return self._point is not None and self.count >= self._point.commit

    def _do_commit(self, connection: Any) -> None:
        self.count += 1
        fault = self._point.fault if self._point and self.count == self._point.commit else None
        if fault == "dies before it":
            os._exit(_DIED)
        if fault == "fails":
            raise sqlite3.OperationalError("disk I/O error")
        self._commit(connection)
        if fault == "dies after it":
            os._exit(_DIED)
        if fault:
            raise sqlite3.OperationalError("the line was cut")


def run(engine: Engine, every: int = 1) -> dict[str, Any]:
    """``every``: of so many points one is tried."""
    counts = {"points": 0, "identical": 0, "same end": 0, "wrong": 0, "lease left by one that lives": 0}
    differ: dict[str, list[str]] = {"same end": [], "wrong": []}
    with tempfile.TemporaryDirectory(prefix="shaofa-faults-") as name:
        stage = _Stage(engine, Path(name))
        for point, ends_well in stage.points(every):
            counts["points"] += 1
            end = stage.play(point.script, point)
            kind, why = _judged(ends_well, end)
            counts[kind] += 1
            counts["lease left by one that lives"] += end.get("lease left", False)
            if kind in differ:
                differ[kind].append(f"{point.script.name}: commit {point.commit} {point.fault}: {why}")
    return {**counts, "what was wrong": differ["wrong"], "what was said otherwise": differ["same end"]}


class _Stage:
    """Plays a script in processes of their own, each time over a fresh copy of the same database."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        self._prepared, self._store = folder / "prepared.db", folder / "store.db"
        prepare(f"sqlite:///{self._prepared}")

    def points(self, every: int) -> Iterator[tuple[Point, dict[str, Any]]]:
        """Each with the end that it must come to."""
        number = 0
        for script in scripts():
            undisturbed = self.play(script)
            assert not undisturbed["unsound"], undisturbed
            for commit in range(1, undisturbed["commits"] + 1):
                for fault in FAULTS:
                    if number % every == 0:
                        yield Point(script, commit, fault), undisturbed
                    number += 1

    def play(self, script: Script, point: Point | None = None) -> dict[str, Any]:
        """The end of it, undisturbed without a point; ``unsound`` says what must never be, and was."""
        for old in self._folder.glob("store.db*"):
            old.unlink()
        shutil.copy(self._prepared, self._store)
        step = fork.Value("i", 0)
        end = self._live(script, step, point) or self._live(script, step, None, is_second=True)
        return end or {"unsound": ["the second life died too"]}

    def _live(
        self, script: Script, step: Any, point: Point | None, *, is_second: bool = False
    ) -> dict[str, Any] | None:
        """One life, from the step that the one before it was at; None: it died at the point."""
        ours, theirs = fork.Pipe(duplex=False)
        life = fork.Process(target=self._life, args=(script, step, point, is_second, theirs))
        life.start()
        theirs.close()
        try:
            end: dict[str, Any] | None = ours.recv() if ours.poll(_PATIENCE_S) else {"unsound": ["it hung"]}
        except EOFError:
            end = None
        life.join(5)
        life.kill()
        life.join()
        if end is None and life.exitcode != _DIED:
            return {"unsound": [f"it ended with {life.exitcode}"]}
        return end

    def _life(self, script: Script, step: Any, point: Point | None, is_second: bool, pipe: Connection) -> None:
        make_engine.cache_clear()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what is logged of a fault that was made is no news
        url = f"sqlite:///{self._store}"
        player = Player(self._engine, url, self._folder / "evidence", script)
        commits = Commits(url, point)
        lease_left = False
        try:
            for number in range(step.value, len(script.steps)):
                step.value = number
                had_happened = is_second or commits.has_happened
                try:
                    player.perform(number, after_a_fault=had_happened)
                    again = not had_happened and commits.has_happened and "due" in script.steps[number]
                except Exception:
                    if had_happened:
                        raise
                    again = True  # the client has heard of an error, and sends it again
                    row = player.desk.store.conversations.get(TALK)
                    lease_left = row is not None and row.lease is not None
                if again:
                    player.perform(number, after_a_fault=True)
            end = end_of(player.desk.store, TALK)
            if point and not commits.has_happened:
                end["unsound"].append("the fault did not happen")
            pipe.send({**end, "commits": commits.count, "lease left": lease_left})
        except BaseException as error:
            pipe.send({"unsound": [f"step {step.value}: {type(error).__name__}: {error}"]})
        os._exit(0)  # nothing of the parent's is to be tidied up here


def _judged(wanted: dict[str, Any], came: dict[str, Any]) -> tuple[str, str]:
    if came["unsound"]:
        return "wrong", "; ".join(came["unsound"])
    if wanted["end"] != came["end"]:
        return "wrong", "; ".join(differences(wanted["end"], came["end"])[:3])
    told = differences(wanted["told"], came["told"])
    return ("same end", "; ".join(told[:3])) if told else ("identical", "")
