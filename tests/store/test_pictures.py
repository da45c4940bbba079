"""Pictures are decoded elsewhere: what comes out, and that whatever happens there is a refusal here."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from PIL import Image

from bot.inbox.model import as_file
from bot.settings import ROOT
from bot.store import pictures
from bot.store.pictures import Unfit
from tests import bombs


def jpeg(size: tuple[int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (200, 90, 120)).save(written, "JPEG", quality=50)
    return written.getvalue()


def rewritten(data: bytes) -> Image.Image:
    kind = pictures.kind_of(data[:16])
    assert kind is not None
    with as_file(data) as upload, tempfile.TemporaryFile() as target:
        pictures.rewrite(upload, kind, target)
        target.seek(0)
        return Image.open(io.BytesIO(target.read()))


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((4000, 3000), (4000, 3000)),
        ((8000, 6000), (4000, 3000)),
        ((4624, 3468), (2312, 1734)),
        ((1080, 20_000), (1080, 20_000)),  # a long screenshot, to be read
        ((1440, 29_000), (720, 14_500)),
    ],
    ids=["12 megapixels", "48 megapixels", "16 megapixels", "a long screenshot", "a very long one"],
)
def test_a_large_jpeg_is_decoded_at_half_its_sides(size: tuple[int, int], kept: tuple[int, int]) -> None:
    assert rewritten(jpeg(size)).size == kept


@pytest.mark.parametrize("size", [(10_000, 5_001), (30_001, 100)])
def test_what_no_camera_makes_is_too_large(size: tuple[int, int]) -> None:
    with pytest.raises(Unfit, match="too_large"):
        rewritten(jpeg(size))


def test_of_an_animation_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        written = io.BytesIO()
        frames[0].save(written, kind, save_all=True, append_images=frames[1:], lossless=True)
        shown = rewritten(written.getvalue())
        assert getattr(shown, "n_frames", 1) == 1
        red, green, blue = shown.convert("RGB").getpixel((4, 4))  # type: ignore[misc]
        assert red > 200 and green < 50 and blue < 50


def test_a_picture_that_takes_too_long_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_TIMEOUT_S", 0.01)
    with pytest.raises(Unfit, match="too_large"):
        rewritten(bombs.png_of_25_megapixels())


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGSEGV, "unreadable"), (signal.SIGKILL, "too_large"), (signal.SIGXCPU, "too_large")]
)
def test_a_decoder_that_dies_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: signal.Signals, code: str
) -> None:
    program = tmp_path / "dies.py"
    program.write_text(f"import os\nos.kill(os.getpid(), {int(how)})\n")
    monkeypatch.setattr(pictures, "__file__", str(program))
    with pytest.raises(Unfit, match=code):
        rewritten(jpeg((8, 8)))


def test_where_no_process_is_to_be_had_it_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(OSError):
        rewritten(jpeg((8, 8)))


def test_what_decodes_sees_no_keys_and_runs_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen, alone = tmp_path / "seen", tmp_path / "alone"
    program = tmp_path / "looks.py"
    program.write_text(
        "import os, time\n"
        f"os.mkdir({str(alone)!r}); time.sleep(0.1); os.rmdir({str(alone)!r})\n"
        f"open({str(seen)!r}, 'a').write(''.join(f'{{name}}\\n' for name in os.environ))\n"
    )
    monkeypatch.setattr(pictures, "__file__", str(program))
    monkeypatch.setenv("SHAOFA_API_KEY", "secret")
    targets = [as_file(jpeg((8, 8))) for _ in range(4)]
    waiting = [threading.Thread(target=pictures.rewrite, args=(file, "JPEG", file)) for file in targets]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    names = seen.read_text().split()
    assert names.count("PATH") == 4 and "SHAOFA_API_KEY" in os.environ
    assert not any(name.startswith("SHAOFA_") for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_there_is_a_ceiling() -> None:
    command = "from bot.store import pictures; pictures._confine(); bytearray(pictures._MEMORY_BYTES)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert "MemoryError" in done.stderr
