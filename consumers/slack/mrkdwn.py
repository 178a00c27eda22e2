"""Untrusted text in Slack's mrkdwn: it shows as the text it is, and does nothing else.

Slack asks for ``&``, ``<`` and ``>`` to be escaped and its SDK leaves that to the caller. That
stops pings (``<!channel>``, ``<@U123>``) and forged links; formatting (``*``, ``_``, ``~``, `````)
and emoji codes (``:name:``) have no escape, so their characters give way to look-alikes. Text
objects are sent with ``verbatim``, so that Slack makes no links or mentions of bare text.
"""

import re
from urllib.parse import quote, urlsplit

from consumers.wording import clean

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOK_ALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_SHOWN_AS = _ESCAPES | _LOOK_ALIKES
#: The backtick counts too: its look-alike is a letter.
_EMOJI_CODE = re.compile(r":(?=[\w+'`-]+:)")
_RATIO = "\u2236"

#: Longest address that is linked. Slack allows 3000 in a button; browsers and feeds stay far below.
MAX_URL = 1000


def size(text: str) -> int:
    """Length in UTF-16 units, the largest count that Slack may mean by "characters"."""
    return len(text) + sum(character > "\uffff" for character in text)


def literal(text: str, limit: int) -> str:
    """``text`` so that Slack shows just that, in at most ``limit`` characters after escaping.

    It is cleaned of invisible characters first and cut between characters, never in an entity.
    """
    line = _EMOJI_CODE.sub(_RATIO, clean(text))
    shown: list[str] = []
    used = 0
    for character in line:
        piece = _SHOWN_AS.get(character, character)
        used += size(piece)
        shown.append(piece)
        if used > limit:
            return _cut(shown, used, limit)
    return "".join(shown)


def _cut(shown: list[str], used: int, limit: int) -> str:
    while shown and used + 1 > limit:
        used -= size(shown.pop())
    return f"{''.join(shown).rstrip()}…"


def plain(text: str, limit: int) -> str:
    """``text`` for a plain_text object, where Slack's treatment of entities is not documented.

    So the three characters that would need escaping are replaced instead.
    """
    replaced = clean(text).replace("&", "+").replace("<", "\u2039").replace(">", "\u203a")
    shown = list(_EMOJI_CODE.sub(_RATIO, replaced))
    used = sum(map(size, shown))
    return "".join(shown) if used <= limit else _cut(shown, used, limit)


def link(url: str | None, label: str, limit: int) -> str:
    """A link that shows ``label``, in at most ``limit`` characters; the bare label without one.

    The address is left out when it is not plain http or https, names a user (which hides the host),
    or is too long to fit beside a readable label.
    """
    target = _target(url) if url is not None else None
    if target is None or size(target) + 40 > limit:
        return literal(label, limit)
    shown = literal(label.replace("|", "¦"), limit - size(target) - len("<|>"))
    return f"<{target}|{shown}>" if shown else f"<{target}|link>"


def _target(url: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        return None
    if "@" in parts.netloc or clean(parts.netloc) != parts.netloc:
        return None
    # Everything that could end the link or break the line is percent-encoded; what is encoded
    # already stays as it is.
    quoted = quote(parts.geturl(), safe="%/:?#[]@!$&'()*+,;=~-._")
    target = quoted.replace("&", "&amp;")
    return target if size(target) <= MAX_URL else None
