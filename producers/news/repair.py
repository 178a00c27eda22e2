"""Mends the faults in feed files on which feedparser raises instead of flagging them.

Known ones (kurtmckee/feedparser#591 and #599, seen with 6.0.14): numeric references to surrogates
or beyond Unicode, encoding names that are no text encodings, undecodable bytes, backslashes in a
DOCTYPE.
"""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.:-]{0,39})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: What XML 1.0 does not allow (section 2.2, Char).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BEYOND = 0x110000


def repaired(body: bytes) -> bytes:
    """The same document as UTF-8 without those faults; what can't be read is left out.

    A DOCTYPE is left out too: entities of its own are a fault's usual home and no feed's content.
    """
    text = _DECLARATION.sub("", _decoded(body), count=1)
    text = _DOCTYPE.sub("", text, count=1)
    text = _REFERENCE.sub(_character, text)
    text = _SURROGATES.sub(_joined, text)
    text = _NO_XML.sub("", text)
    return b'<?xml version="1.0" encoding="utf-8"?>' + text.encode()


def _decoded(body: bytes) -> str:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _DECLARED.match(body)
    # UTF-8 first: text in another encoding is practically never valid UTF-8 by accident.
    for encoding in ("utf-8", declared[1].decode() if declared else "utf-8"):
        try:
            return body.decode(encoding)
        except (LookupError, ValueError):  # no (text) encoding of that name, or undecodable bytes
            continue
    return body.decode("windows-1252", "replace")


def _character(reference: re.Match[str]) -> str:
    """The character of a numeric reference; one to markup stays, one to nothing goes."""
    hexadecimal, decimal = reference.groups()
    digits = (hexadecimal or decimal).lstrip("0")
    code = int(digits or "0", 16 if hexadecimal else 10) if len(digits) <= 7 else _BEYOND
    if code >= _BEYOND:
        return ""
    return reference[0] if 0x20 <= code < 0x80 else chr(code)


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
