"""The page shows a message as Slack would, and lets nothing out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.slack.message import SlackMessage
from consumers.slack.page import message_page, mrkdwn_html


@pytest.mark.parametrize(
    ("mrkdwn", "html"),
    [
        ("*bold* and _italic_, ~gone~", "<strong>bold</strong> and <em>italic</em>, <s>gone</s>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("_*both*_", "<em><strong>both</strong></em>"),
        ("`*code*` after", "<code>*code*</code> after"),
        ("a &amp; b &lt;c&gt; &amp;lt;", "a &amp; b &lt;c&gt; &amp;lt;"),
        ("one\ntwo", "one<br>two"),
        (
            "<https://h.example/?a=1&amp;b=2|Title &amp; *more*>",
            '<a href="https://h.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">'
            "Title &amp; *more*</a>",
        ),
        ("<!channel>", '<span class="ping">!channel</span>'),
        ("<@U1|boss>", '<span class="ping">@U1|boss</span>'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ('"quotes" <script>', "&quot;quotes&quot; &lt;script&gt;"),
    ],
)
def test_mrkdwn_as_html(mrkdwn: str, html: str) -> None:
    assert mrkdwn_html(mrkdwn) == html


@given(st.text(alphabet=st.sampled_from("<>&\"'|*_~`:/!@#aA0 \n\ue000\ue001;"), max_size=120))
def test_only_tags_made_here_come_out(text: str) -> None:
    page = message_page(
        SlackMessage(
            text=text,
            blocks=(
                {"type": "header", "text": {"type": "plain_text", "text": text}},
                {"type": "section", "text": {"type": "mrkdwn", "text": text}},
                {"type": text},
            ),
            metadata={},
        ),
        time=text,
    )
    for piece in page.split("<")[1:]:
        name = piece.lstrip("/").split(">")[0].split(" ")[0].lower()
        assert name in {
            *("!doctype", "html", "head", "meta", "title", "style", "body", "main", "article"),
            *("div", "b", "span", "time", "h2", "i", "strong", "em", "s", "code", "a", "br"),
        }


def test_the_page_loads_nothing_and_a_message_without_blocks_shows_its_text() -> None:
    page = message_page(SlackMessage(text="only *text*", blocks=(), metadata={}))
    assert "only <strong>text</strong>" in page
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "").replace("style-src", "")
