"""A case file as JSON, as one HTML page that needs nothing besides itself, and as PDF from that page."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from PIL import ImageFile

from bot.casefile.gather import Gathered
from bot.casefile.words import WORDS, in_words, paid_in
from bot.claims.codec import to_json
from bot.claims.money import yuan


class CannotRender(ValueError):
    """The machine lacks what a PDF needs; the message says what to install."""


def as_json(gathered: Gathered) -> bytes:
    return json.dumps(to_json(gathered.case), ensure_ascii=False, indent=2).encode("utf-8", "replace")


def as_html(gathered: Gathered) -> bytes:
    pictures = {
        sha256: f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"
        for sha256, small in gathered.thumbnails.items()
    }
    # Half an emoji, cut off somewhere on its way here, cannot be written.
    return _template().render(case=gathered.case, pictures=pictures).encode("utf-8", "replace")


def as_pdf(gathered: Gathered) -> bytes:
    """
    Raises:
        CannotRender: when Pango or a Chinese font is missing.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise CannotRender("生成 PDF 需要 Pango，请先安装，例如：apt install libpangoft2-1.0-0") from error
    # WeasyPrint turns it on for the whole process, where evidence cut short must stay refused.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    if not has_chinese_font():
        raise CannotRender("生成 PDF 需要中文字体，请先安装，例如：apt install fonts-noto-cjk")
    # Nothing is fetched: what the page shows, it carries.
    page = HTML(string=as_html(gathered).decode(), url_fetcher=URLFetcher(allowed_protocols=["data"]))
    pdf: bytes = page.write_pdf()
    return pdf


def has_chinese_font() -> bool:
    """Asked before: without any font Pango crashes, and without a Chinese one the PDF would be full of empty boxes."""
    lister = shutil.which("fc-list")  # comes with fontconfig, as Pango does
    if lister is None:
        return True
    return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = WORDS
    environment.filters |= {"words": in_words, "yuan": yuan, "paid_in": paid_in}
    return environment.get_template("template.html")
