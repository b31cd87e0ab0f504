"""The language that learners read: every sentence they see passes through here.

The language is the one of the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG), looked up when a
sentence is shown. English is the source; other catalogues lie in ``course/locale``.
"""

import gettext
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"


@cache
def catalogue() -> gettext.NullTranslations:
    """The catalogue of the environment's language; English where there is none."""
    return gettext.translation("course", LOCALE, fallback=True)


def _(sentence: str) -> str:
    """Translate a sentence now.

    >>> _("Channels are added, not averaged.")
    'Channels are added, not averaged.'
    """
    return catalogue().gettext(sentence) if sentence else ""


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate when shown"
    """Mark a sentence of a declaration for translation; it is translated when it is shown."""
    return sentence
