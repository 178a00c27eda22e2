"""From the markup of strangers to one line of plain text."""

import html
import re

from bs4 import BeautifulSoup

#: More than any lead or summary needs; parsing markup costs time in proportion to its length.
MARKUP_CHARS = 65_536

_TAG = re.compile(r"<[a-zA-Z/!?]")
_PROCESSING_INSTRUCTION = re.compile(r"<\?[^>]*>?")
_HIDDEN = ("script", "style", "template", "noscript", "iframe", "object", "svg", "math")

#: In front of tags at which a browser breaks the line: what stands around them is separate words.
_BREAK = re.compile(
    r"(?=</?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|figcaption|figure|footer|"
    r"form|h[1-6]|header|hr|img|li|main|nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|"
    r"tr|ul)\b)",
    re.IGNORECASE,
)

#: Characters that no headline needs and that harm whoever reads it on: controls other than white
#: space, lone surrogates (no encoding can write them), marks that reorder text (Unicode TR 36),
#: soft hyphens, zero-width spaces and noncharacters.
_REMOVED = dict.fromkeys(
    [
        *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()),
        *range(0xD800, 0xE000),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *(0xAD, 0x200B, 0xFEFF, 0xFFFE, 0xFFFF),
    ]
)


def plain_text(markup: str, *, limit: int) -> str:
    """The words a reader would see: no tags, entities, scripts, control characters or line breaks.

    Text without markup goes through unchanged but for white space. At most ``limit`` characters;
    an ellipsis ends what was cut.
    """
    text = markup[:MARKUP_CHARS].translate(_REMOVED)
    if _TAG.search(text):
        text = _without_tags(text)
    elif "&" in text:
        text = html.unescape(text)
    # Once more, since references such as &#8; have become characters only now.
    text = " ".join(text.translate(_REMOVED).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_tags(markup: str) -> str:
    # Processing instructions would make Beautiful Soup warn that this may be XML.
    markup = _PROCESSING_INSTRUCTION.sub(" ", markup)
    soup = BeautifulSoup(_BREAK.sub(" ", markup), "lxml")
    for hidden in soup.find_all(_HIDDEN):
        hidden.decompose()
    return soup.get_text()
