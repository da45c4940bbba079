"""Where one Chinese word ends and the next begins: jieba, with word lists of the shop's own. Needs no Rasa."""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

import jieba

from bot.language.text import normalize

jieba.setLogLevel(logging.WARNING)  # it prints three lines at every start

# jieba guesses words that are in no dictionary. For a text by the yard that takes long, and tells nothing.
_LONGEST_FOR_NEW_WORDS = 2_000


class WordListError(ValueError):
    """A word list that cannot be used; the message names the file."""


# Each jieba holds 90 MB, so those who know the same words share one. Two models with other words do not mix them.
_in_use: WeakValueDictionary[tuple[bytes, ...], jieba.Tokenizer] = WeakValueDictionary()
_loading = Lock()


class Cutter:
    """Cuts by jieba's own dictionary and the word lists of a folder, as they were when it was made."""

    def __init__(self, folder: Path | None = None) -> None:
        """
        Args:
            folder: its word lists are known besides jieba's own dictionary.

        Raises:
            WordListError: a file there is no word list.
        """
        paths = word_lists(folder) if folder else []
        lists = tuple(path.read_bytes() for path in paths)
        with _loading:
            known = _in_use.get(lists)
            if known is None:
                known = jieba.Tokenizer()
                for path, words in zip(paths, lists, strict=True):
                    try:
                        known.load_userdict(BytesIO(words))
                    except ValueError as error:  # of which UnicodeDecodeError is one
                        raise WordListError(f"{path}: no jieba word list: {error}") from error
                _in_use[lists] = known
        self._jieba = known

    def cut(self, text: str, *, guess: bool = True) -> list[tuple[str, int]]:
        """The words of ``text`` and where each begins.

        They are spelt as ``normalize`` spells; offsets point into the text as typed. White space is no word.
        With ``guess``, characters that make no known word may still be taken for one.
        """
        clean = normalize(text)
        words = self._jieba.tokenize(clean, HMM=guess and len(clean) <= _LONGEST_FOR_NEW_WORDS)
        return [(word, start) for word, start, _ in words if not word.isspace()]


def word_lists(folder: Path) -> list[Path]:
    """Word lists only: jieba would take every line of a README for a word."""
    return sorted(path for path in folder.glob("*.txt") if path.is_file())
