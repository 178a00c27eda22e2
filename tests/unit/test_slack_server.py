"""The fake Slack answers as Slack does, so that what passes against it means something."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from fakes.slack_server import TOKEN, FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from consumers.slack.client import web_client


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSlack]:
    with running_slack() as running:
        yield running


@pytest.fixture
def slack(server: FakeSlack) -> FakeSlack:
    server.reset(Workspace(now=lambda: 1_690_972_800.0))
    return server


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return web_client(TOKEN, base_url=slack.base_url, timeout_s=2)


def refused(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_timestamps_are_unique_and_grow(client: WebClient) -> None:
    made = [client.chat_postMessage(channel=CHANNEL, text=f"{n}")["ts"] for n in range(3)]
    assert made == ["1690972800.000000", "1690972800.000001", "1690972800.000002"]


def test_history_is_newest_first_in_pages_and_hides_payloads_unless_asked(
    client: WebClient,
) -> None:
    metadata = {"event_type": "test", "event_payload": {"n": 1}}
    for number in range(5):
        client.chat_postMessage(channel=CHANNEL, text=f"{number}", metadata=metadata)
    pages = [
        [message["text"] for message in page["messages"]]
        for page in client.conversations_history(channel=CHANNEL, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    bare = client.conversations_history(channel=CHANNEL, limit=1)
    assert bare["messages"][0]["metadata"] == {"event_type": "test"}
    full = client.conversations_history(channel=CHANNEL, limit=1, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


def test_threads_stay_out_of_the_history(client: WebClient) -> None:
    parent = client.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
    client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    history = client.conversations_history(channel=CHANNEL)["messages"]
    assert [message["text"] for message in history] == ["parent"]


def test_a_thread_is_read_from_its_parent_on_in_pages(client: WebClient) -> None:
    metadata = {"event_type": "test", "event_payload": {"n": 1}}
    parent = client.chat_postMessage(channel=CHANNEL, text="parent")["ts"]
    replies = [
        client.chat_postMessage(channel=CHANNEL, text=text, thread_ts=parent, metadata=metadata)
        for text in ("one", "two", "three")
    ]
    for ts in (parent, replies[2]["ts"]):
        pages = client.conversations_replies(channel=CHANNEL, ts=ts, limit=2)
        texts = [[message["text"] for message in page["messages"]] for page in pages]
        assert texts == [["parent", "one"], ["two", "three"]]
    (_, first, *_) = client.conversations_replies(
        channel=CHANNEL, ts=parent, include_all_metadata=True
    )["messages"]
    assert first["metadata"] == metadata
    assert first["thread_ts"] == parent


def test_a_window_leaves_its_ends_out_unless_they_are_asked_for(client: WebClient) -> None:
    made = [client.chat_postMessage(channel=CHANNEL, text=f"{n}")["ts"] for n in range(4)]
    for inclusive, shown in ((True, ["2", "1"]), (False, [])):
        window = client.conversations_history(
            channel=CHANNEL, oldest=made[1], latest=made[2], inclusive=inclusive
        )
        assert [message["text"] for message in window["messages"]] == shown


def test_a_cursor_outlives_the_message_that_it_was_made_for(
    client: WebClient, slack: FakeSlack
) -> None:
    made = [client.chat_postMessage(channel=CHANNEL, text=f"{n}")["ts"] for n in range(4)]
    page = client.conversations_history(channel=CHANNEL, limit=2)
    slack.workspace.delete(made[1])
    slack.workspace.say("later")
    cursor = page["response_metadata"]["next_cursor"]
    following = client.conversations_history(channel=CHANNEL, limit=2, cursor=cursor)
    assert [message["text"] for message in following["messages"]] == ["0"]


def test_a_deleted_message_is_gone_but_a_parent_leaves_a_stone(
    client: WebClient, slack: FakeSlack
) -> None:
    alone, parent = (client.chat_postMessage(channel=CHANNEL, text="x")["ts"] for _ in range(2))
    reply = client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)["ts"]
    for ts in (alone, parent):
        client.chat_delete(channel=CHANNEL, ts=ts)
        for call in (client.chat_delete, partial(client.chat_update, text="y")):
            with pytest.raises(SlackApiError) as error:
                call(channel=CHANNEL, ts=ts)
            assert refused(error) == "message_not_found"
    stone, kept = client.conversations_replies(channel=CHANNEL, ts=reply)["messages"]
    assert (stone["subtype"], kept["text"]) == ("tombstone", "reply")
    assert [message["text"] for message in slack.workspace.alerts()] == ["reply"]


def test_bad_blocks_are_refused_in_slacks_words(client: WebClient) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="text", blocks=[block])
    assert refused(error) == "invalid_blocks"
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


@pytest.mark.parametrize(
    ("event_type", "value"), [("with.dots", 1), ("test", None), ("test", [["nested"]])]
)
def test_metadata_that_slack_does_not_take_is_dropped_with_a_warning(
    client: WebClient, event_type: str, value: object
) -> None:
    metadata = {"event_type": event_type, "event_payload": {"key": value}}
    answer = client.chat_postMessage(channel=CHANNEL, text="posted", metadata=metadata)
    assert answer["ok"]
    assert answer["warning"] == "invalid_metadata_schema"
    read = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
    assert not read["metadata"]


def test_an_update_without_blocks_keeps_them_and_an_empty_list_removes_them(
    client: WebClient, slack: FakeSlack
) -> None:
    block = {"type": "divider"}
    ts = client.chat_postMessage(channel=CHANNEL, text="one", blocks=[block])["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="two")
    assert slack.workspace.alerts()[0]["blocks"] == [block]
    client.chat_update(channel=CHANNEL, ts=ts, text="three", blocks=[])
    assert slack.workspace.alerts()[0]["blocks"] == []


def test_errors_have_slacks_names(client: WebClient, slack: FakeSlack) -> None:
    theirs = slack.workspace.say("mine")
    reply = client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=theirs)["ts"]
    calls: dict[str, Callable[[], object]] = {
        "channel_not_found": lambda: client.chat_postMessage(channel="#alerts", text="x"),
        "message_not_found": lambda: client.chat_update(channel=CHANNEL, ts="1.0", text="x"),
        "no_text": lambda: client.api_call("chat.postMessage", json={"channel": CHANNEL}),
        "unknown_method": lambda: client.api_call("chat.shout"),
        "invalid_limit": lambda: client.conversations_history(channel=CHANNEL, limit=1000),
        "invalid_cursor": lambda: client.conversations_history(channel=CHANNEL, cursor="next"),
        "invalid_ts_oldest": lambda: client.conversations_history(channel=CHANNEL, oldest="then"),
        "cant_update_message": lambda: client.chat_update(channel=CHANNEL, ts=theirs, text="x"),
        "cant_delete_message": lambda: client.chat_delete(channel=CHANNEL, ts=theirs),
        "thread_not_found": lambda: client.chat_postMessage(
            channel=CHANNEL, text="x", thread_ts="1.0"
        ),
        "cannot_reply_to_message": lambda: client.chat_postMessage(
            channel=CHANNEL, text="x", thread_ts=reply
        ),
        "invalid_metadata_format": lambda: client.chat_postMessage(
            channel=CHANNEL, text="x", metadata={"event_type": "test"}
        ),
        "metadata_too_large": lambda: client.chat_postMessage(
            channel=CHANNEL,
            text="x",
            metadata={"event_type": "test", "event_payload": {"of": "x" * 8000}},
        ),
    }
    for code, call in calls.items():
        with pytest.raises(SlackApiError) as error:
            call()
        assert refused(error) == code
    with pytest.raises(SlackApiError) as error:
        web_client("xoxb-wrong", base_url=slack.base_url).auth_test()
    assert refused(error) == "invalid_auth"
    slack.revoke()
    with pytest.raises(SlackApiError) as error:
        client.auth_test()
    assert refused(error) == "token_revoked"


def test_faults_and_the_channel_by_hand(client: WebClient, slack: FakeSlack) -> None:
    fault = {"method": "auth.test", "answer": "error", "error": "ekm_access_denied"}
    root = slack.base_url.removesuffix("api/")
    urllib.request.urlopen(f"{root}faults", data=json.dumps(fault).encode()).close()
    with pytest.raises(SlackApiError) as error:
        client.auth_test()
    assert refused(error) == "ekm_access_denied"
    assert client.auth_test()["ok"], "a fault meets one call"
    client.chat_postMessage(channel=CHANNEL, text="*Look* &lt;here&gt;")
    with urllib.request.urlopen(root) as response:
        page = response.read().decode()
    assert "<strong>Look</strong> &lt;here&gt;" in page
    with urllib.request.urlopen(f"{root}state") as response:
        state = json.load(response)
    assert state["channels"][CHANNEL] == slack.workspace.channels[CHANNEL]
    assert [method for method, _ in state["calls"]] == [
        "auth.test",
        "auth.test",
        "chat.postMessage",
    ]
