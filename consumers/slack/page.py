"""A Slack message as a web page that looks like what a reader of the channel sees.

For the demo, for docs and for the fake Slack of the tests. It understands the part of mrkdwn that
Slack documents and this project uses (bold, italic, strike, code, links, entities, line breaks). A
ping or a broken link would stand out here as it would there: the page hides nothing.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from consumers.slack.message import SlackMessage

_ANGLE = re.compile(r"<([^<>]*)>")
_CODE = re.compile(r"`([^`\n]+)`")
#: Slack formats only between a boundary and a non-space on either side.
_FORMATS = tuple(
    (
        re.compile(rf"(?<![^\W_]|{mark}){mark}(?!\s)([^{mark}\n]+?)(?<!\s){mark}(?![^\W_]|{mark})"),
        tag,
    )
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)
_HELD = re.compile("\ue000([0-9]+)\ue001")


def message_page(message: SlackMessage, *, time: str = "") -> str:
    """A self-contained page that shows one message; ``time`` as Slack would print it beside it."""
    return page("wheelsdown in Slack", [message_html(message, time=time)])


def page(title: str, messages: Iterable[str], *, note: str = "") -> str:
    """A page of messages, each as ``message_html`` made it. Nothing is loaded from elsewhere.

    ``note`` stands above them, for what is true of all.
    """
    banner = _div("note", html.escape(note)) if note else ""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{banner}{''.join(messages)}</main></body></html>\n"
    )


def message_html(message: SlackMessage, *, time: str = "") -> str:
    """One message with its sender; the text where there are no blocks, as Slack does it."""
    body = "".join(_block(block) for block in message.blocks) or _div(
        "section", mrkdwn_html(message.text)
    )
    return (
        '<article><div class="avatar" aria-hidden="true">✈</div><div class="content">'
        '<div class="sender"><b>wheelsdown</b><span class="app">APP</span>'
        f"<time>{html.escape(time)}</time></div>{body}</div></article>"
    )


def _div(name: str, inner: str) -> str:
    return f'<div class="{name}">{inner}</div>'


def _block(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "header":
        return f"<h2>{_text(block['text'])}</h2>"
    if kind == "divider":
        return "<hr>"
    if kind == "context":
        return _div("context", "".join(f"<span>{_text(item)}</span>" for item in block["elements"]))
    if kind == "section":
        return "".join(_section(block))
    return _div("section", f"<i>block of type {html.escape(str(kind))}</i>")


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    if "text" in block:
        yield _div("section", _text(block["text"]))
    if block.get("fields"):
        yield _div("fields", "".join(f"<div>{_text(field)}</div>" for field in block["fields"]))


def _text(text: Mapping[str, Any]) -> str:
    content = str(text["text"])
    return mrkdwn_html(content) if text["type"] == "mrkdwn" else html.escape(content)


def mrkdwn_html(text: str) -> str:
    """Slack's mrkdwn as HTML. Whatever the text holds, only tags made here come out as tags."""
    held: list[str] = []

    def hold(made: str) -> str:
        held.append(made)
        return f"\ue000{len(held) - 1}\ue001"

    # What must not be formatted further is set aside first; then nothing but text is left.
    rest = text.replace("\ue000", "").replace("\ue001", "")
    rest = _ANGLE.sub(lambda found: hold(_angle(found[1])), rest)
    rest = _CODE.sub(lambda found: hold(f"<code>{_escaped(found[1])}</code>"), rest)
    rest = _escaped(rest)
    for pattern, tag in _FORMATS:
        rest = pattern.sub(rf"<{tag}>\1</{tag}>", rest)
    rest = rest.replace("\n", "<br>")
    while _HELD.search(rest):
        rest = _HELD.sub(lambda found: held[int(found[1])], rest)
    return rest


def _escaped(text: str) -> str:
    """Text with Slack's three entities decoded and HTML's own put in."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html.escape(plain)


def _angle(inside: str) -> str:
    if inside.startswith(("!", "@", "#")):
        return f'<span class="ping">{_escaped(inside)}</span>'
    target, _, label = inside.partition("|")
    address = target.replace("&amp;", "&")
    if urlsplit(address).scheme not in ("http", "https", "mailto"):
        return _escaped(f"<{inside}>")
    return (
        f'<a href="{html.escape(address)}" rel="noopener noreferrer nofollow">'
        f"{_escaped(label or target)}</a>"
    )


_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1d1c1d;
  font: 15px/1.46668 Lato, "Slack-Lato", "Helvetica Neue", Helvetica, Arial, sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 20px; }
article { display: flex; gap: 10px; padding: 8px 0; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #12344d;
  color: #fff; font-size: 20px; line-height: 36px; text-align: center; }
.content { min-width: 0; flex: 1; overflow-wrap: anywhere; }
.note { margin: 0 0 16px; padding: 8px 12px; background: #fff6d6; border: 1px solid #e8d48a; }
.sender { display: flex; align-items: center; gap: 6px; line-height: 1.3; }
.app { background: #ddd; color: #454245; border-radius: 2px; padding: 0 4px; font-size: 10px;
  font-weight: 700; }
time { color: #616061; font-size: 12px; }
h2 { font-size: 18px; line-height: 1.33; margin: 6px 0 8px; }
.section { margin: 4px 0 10px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 16px; margin: 6px 0 10px; }
.context { color: #616061; font-size: 13px; margin: 4px 0 10px; }
.context span { margin-right: 10px; }
hr { border: 0; border-top: 1px solid #ddd; margin: 12px 0; }
a { color: #1264a3; text-decoration: none; }
a:hover { text-decoration: underline; }
code { color: #c01343; background: #f8f8f8; border: 1px solid #ddd; border-radius: 3px;
  padding: 1px 3px; font: 12px Monaco, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.ping { background: #f2c74466; color: #1264a3; border-radius: 3px; padding: 0 2px; }
@media (max-width: 480px) { .fields { grid-template-columns: 1fr; } }
"""
