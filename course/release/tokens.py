"""Text as the gate compares it: a sequence of words and operators, however it is laid out.

Indentation, line breaks, quotes, commas, brackets, comment marks and the case of letters are
dropped, so a copy that is re-indented, reformatted, commented out, joined into one line or quoted
in prose has the tokens of the original.
"""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterator, Sequence

# A word is a run of word characters; Chinese and Japanese are written without spaces.
_CJK = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|[-+*/%@=<>!&|^~.]")
_STOP = re.compile("(?<=[.!?;:\u3002\uff01\uff1f\uff1b\uff1a])")  # the last ones are Chinese
_KEYWORDS = frozenset(word.casefold() for word in keyword.kwlist)
_BUILTINS = frozenset(name for name in dir(builtins) if name.islower())
_OF_PROSE = frozenset(".-!")
_GLUE = "\x1f"

# Alternatives are tried in order: a `#` inside a string is no comment.
_LEXEME = re.compile(
    r"""(?P<string>'{3}.*?'{3}|"{3}.*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<comment>\#[^\n]*)"""
    r"""|(?P<continued>\\\n)"""
    r"""|(?P<end>[\n;])"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])""",
    re.DOTALL,
)

Tokens = tuple[str, ...]


def code_tokens(text: str) -> Tokens:
    """Return the words, numbers and operators of a text, in order.

    >>> code_tokens("    # Y = f(x,  y)")
    ('y', '=', 'f', 'x', 'y')
    """
    return tuple(_TOKEN.findall(_plain(text)))


def word_tokens(text: str) -> Tokens:
    """Return only the words and numbers of a text, in order.

    >>> word_tokens("- **Two** points: says so.")
    ('two', 'points', 'says', 'so')
    """
    return tuple(token for token in code_tokens(text) if _is_word(token))


def trimmed(tokens: Tokens) -> Tokens:
    """Return tokens from the first word to the last: the dot of a message's end may be missing.

    >>> trimmed(("=", "a", "+", "b", "."))
    ('a', '+', 'b')
    """
    words = [place for place, token in enumerate(tokens) if _is_word(token)]
    return tokens[words[0] : words[-1] + 1] if words else ()


def stream(tokens: Sequence[str]) -> str:
    """Join tokens so that one sequence stands in another exactly if its stream does."""
    return _GLUE + _GLUE.join(tokens) + _GLUE


def without_comments(code: str) -> str:
    """Return code with its comments blanked."""
    return _LEXEME.sub(lambda found: "" if found["comment"] else found.group(0), code)


def comments(code: str) -> list[str]:
    """Return the comments of some code, without their marks."""
    return [found["comment"] for found in _LEXEME.finditer(code) if found["comment"]]


def statements(code: str) -> Iterator[str]:
    """Yield the statements of code without comments, each with the lines it is wrapped over."""
    start, depth = 0, 0
    for found in _LEXEME.finditer(code):
        depth += bool(found["open"]) - bool(found["close"])
        if found["end"] and depth <= 0:
            yield code[start : found.start()]
            start, depth = found.end(), 0
    yield code[start:]


def sentences(prose: str) -> list[str]:
    """Return the sentences and clauses of a paragraph."""
    return _STOP.split(prose)


def tells_code(tokens: Tokens) -> bool:
    """Return whether code says enough to be recognised.

    Of its names, numbers and strings, keywords not counted: eight letters or digits, two of them
    different, four letters that are no builtin's. Without an operator that prose does not use
    (such as `loss.backward()`) it could be prose, and is judged so.

    >>> tells_code(code_tokens("return total")), tells_code(code_tokens("if len(X) != len(K):"))
    (False, False)
    >>> tells_code(code_tokens("loss.backward()"))
    False
    >>> tells_code(code_tokens("return sum(values) / len(values)"))
    True
    """
    names = tuple(token for token in tokens if _is_word(token) and token not in _KEYWORDS)
    if all(_is_word(token) or token in _OF_PROSE for token in tokens):
        return tells_prose(names)
    chosen = [name for name in names if name not in _BUILTINS]
    return _letters(names) >= 8 and len(set(names)) >= 2 and _letters(chosen) >= 4


def tells_prose(tokens: Tokens) -> bool:
    """Return whether words say enough to be recognised: four different ones, sixteen letters.

    >>> tells_prose(word_tokens("2 points each"))
    False
    """
    return len(set(tokens)) >= 4 and _letters(tokens) >= 16


def _letters(tokens: Sequence[str]) -> int:
    return sum(map(len, tokens))


def _is_word(token: str) -> bool:
    return token[0].isalnum() or token[0] == "_"


def _plain(text: str) -> str:
    """Return text in one case and one Unicode form, without invisible characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        text = text.replace("−", "-")
    return text.casefold()
