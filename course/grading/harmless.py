r"""Which HTML is harmless on a page that a teacher opens, and what is left of the rest.

Harmless is a list of what may stay. Nothing on it runs, asks another machine, follows by itself,
leaves its place on the page, or takes the name of something of the page's own.

>>> clean_html("a < b <script>alert(1)</script><img src='x.png' onerror='alert(1)'>")
'a &lt; b <img src="x.png">'
>>> is_harmless("a < b, <b>really</b>"), is_harmless("<b onclick='alert(1)'>really</b>")
(True, False)
"""

import re
from html.parser import HTMLParser

import nh3

TAGS = (nh3.ALLOWED_TAGS - {"area", "map"}) | {"input", "tfoot"}
ATTRIBUTES = {
    "*": {"align", "class", "dir", "lang", "style", "title"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "input": {"checked"},
    "ol": {"start", "type"},
    "table": {"border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# The box of a task list, which is what an <input> becomes.
FORCED = {"input": {"type": "checkbox", "disabled": ""}}

# None of these moves, hides or names a file: no position, margin, float, background.
STYLES = {
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-right",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "max-width",
    "opacity",
    "padding",
    "text-align",
    "text-decoration",
    "vertical-align",
    "white-space",
    "width",
}
# A class of the page's own would bring its style, such as a bar that stays on top. Those here are
# what nbconvert makes of Markdown, where words of up to three letters colour code, and of pandas.
CLASS = re.compile(r"[a-z][a-z0-9]{0,2}|dataframe|highlight|language-[\w+-]+|task-list-item[\w-]*")

# No relative link: formgrader serves what a student handed in beside the notebook as it is.
LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
# A file below the notebook, or data. In an <img> a browser runs nothing, not even in SVG.
IMAGE = re.compile(
    r"[\w-][\w .-]*(/[\w-][\w .-]*)*"
    r"|data:image/(gif|jpeg|png|svg\+xml|webp);base64,[A-Za-z0-9+/=\s]*"
)

# HTML of more tags and entities is not shown: parsers need minutes for a million of them.
MOST_MARKS = 10_000


def clean_html(html: str) -> str:
    """Return the harmless part of some HTML."""
    return CLEANER.clean(html) if html.count("<") + html.count("&") <= MOST_MARKS else ""


def is_harmless(html: str) -> bool:
    """Whether cleaning would leave all of this HTML, however it is written down."""
    # Tags that are left open would swallow what follows on the page; here they swallow END.
    html = COMMENT.sub(r"[ \1 ]", html) + END
    cleaned = clean_html(html)
    return cleaned.endswith(END) and _parts(html) == _parts(cleaned)


END = "<p>The end.</p>"
# A comment of plain words on a line of its own. Any other is not harmless: parsers differ on where
# comments end. Read as text it stays what it is wherever it stands.
COMMENT = re.compile(r"^<!-- ([\w ]+) -->$", re.MULTILINE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value that an attribute may have, or None."""
    if name == "class":
        return " ".join(word for word in value.split() if CLASS.fullmatch(word)) or None
    if name == "href":
        return value if LINK.match(value) else None
    if name == "src":
        return value if IMAGE.fullmatch(value) else None
    # What is higher than its box lies over what follows; a picture never is.
    if name == "style" and ("\\" in value or (tag != "img" and "height" in value.lower())):
        return None
    return value


CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    set_tag_attribute_values=FORCED,
    filter_style_properties=STYLES,
    url_schemes={"data", "http", "https", "mailto"},
    link_rel=None,
)


def _parts(html: str) -> list[tuple[object, ...]]:
    """The tags and words of some HTML, in order, whatever its spaces and quotation marks."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.parts


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[tuple[object, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "tbody":  # which browsers add
            self.parts.append(("<", tag, sorted(_same(*attribute) for attribute in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag != "tbody":
            self.parts.append(("</", tag))

    def handle_data(self, data: str) -> None:
        self.parts.extend(("text", word) for word in data.split())

    def handle_comment(self, data: str) -> None:
        self.parts.append(("other", data))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(("other", decl))

    def handle_pi(self, data: str) -> None:
        self.parts.append(("other", data))

    def unknown_decl(self, data: str) -> None:
        self.parts.append(("other", data))


def _same(name: str, value: str | None) -> tuple[str, str]:
    """An attribute in one spelling."""
    if name == "style":
        value = ";".join(part for part in re.split(r"\s*;\s*", value or "") if part)
        value = re.sub(r"\s*:\s*", ":", value)
    return name, value or ""
