"""A whole office for tests: the trained model, the real actions, a store of its own, a clock that can be moved."""

from __future__ import annotations

import io
import re
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from PIL import Image

from bot import office
from bot.claims.shop import Hours
from bot.engine.training import trained_model
from bot.inbox.model import as_file
from bot.inbox.opening import load_engine, open_inbox
from tests.movies import movie


class TestOffice:
    """``welcome`` gives a buyer the demo orders; ``later`` moves the clock."""

    __test__ = False  # a helper, whatever its name says

    def __init__(self) -> None:
        self.engine = load_engine(trained_model())
        self.inbox = open_inbox(self.engine)
        self.desk = self.inbox.desk
        self._ahead = timedelta()
        self.desk.clock = self.now
        # People are always there: what is said does not depend on when the tests run.
        self.desk.policy = self.desk.policy.copy(update={"hours": Hours()})

    def now(self) -> datetime:
        return office.now() + self._ahead

    def later(self, hours: float) -> None:
        self._ahead += timedelta(hours=hours)

    def welcome(self, buyer_id: str) -> None:
        self._ahead = timedelta()
        office.sandbox(buyer_id)

    def fill(self, text: str, buyer_id: str) -> str:
        """Replace ``{order:词}`` and ``{foreign}`` by order ids."""
        text = re.sub(r"\{order:([^}]+)\}", lambda match: self.order_id(buyer_id, match.group(1)), text)
        return text.replace("{foreign}", office.sandbox("somebody-else")[0].order_id)

    def order_id(self, buyer_id: str, word: str) -> str:
        for order in self.desk.orders.recent(buyer_id, 100):
            if any(word in line.title for line in order.lines):
                return order.order_id
        raise AssertionError(f"no demo order has {word!r} in a title")

    @staticmethod
    def file(name: str) -> IO[bytes] | None:
        """A made-up upload: ``photo…jpg``, ``video.mp4``, ``pdf.jpg``, ``broken.jpg``, ``missing.jpg``."""
        if name.startswith("missing"):
            return None
        if name.startswith("pdf"):
            return as_file(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")
        if name.startswith("video"):
            return as_file(movie())
        picture = io.BytesIO()
        shade = zlib.crc32(name.encode()) % 256
        Image.new("RGB", (64, 48), (shade, 90, 120)).save(picture, "JPEG")
        data = picture.getvalue()
        return as_file(data[: len(data) // 2] if name.startswith("broken") else data)


def fresh(folder: Path) -> dict[str, str]:
    """Environment variables that put everything the office writes under ``folder``."""
    return {
        "SHAOFA_DATABASE_URL": f"sqlite:///{folder / 'shaofa.db'}",
        "SHAOFA_EVIDENCE_DIR": str(folder / "evidence"),
        "SHAOFA_ANSWERS_FILE": str(Path(__file__).parent / "answers.yml"),  # the shop's own it may rewrite
    }
