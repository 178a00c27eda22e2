"""The fake Slack answers as Slack does, so that what passes against it means something."""

import json
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from fakes.slack_server import TOKEN, FakeSlack, Fault, running_slack
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
    replies = client.conversations_replies(channel=CHANNEL, ts=parent)["messages"]
    assert [message["text"] for message in replies] == ["reply", "parent"]


def test_bad_blocks_are_refused_in_slacks_words(client: WebClient) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="text", blocks=[block])
    assert refused(error) == "invalid_blocks"
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


def test_an_update_without_blocks_keeps_them_and_an_empty_list_removes_them(
    client: WebClient, slack: FakeSlack
) -> None:
    block = {"type": "divider"}
    ts = client.chat_postMessage(channel=CHANNEL, text="one", blocks=[block])["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="two")
    assert slack.workspace.alerts()[0]["blocks"] == [block]
    client.chat_update(channel=CHANNEL, ts=ts, text="three", blocks=[])
    assert slack.workspace.alerts()[0]["blocks"] == []


def test_posts_above_the_limit_are_refused_and_the_channel_recovers(
    client: WebClient, slack: FakeSlack
) -> None:
    now = [1_690_972_800.0]
    slack.reset(Workspace(now=lambda: now[0], limited=True))
    for number in range(3):
        client.chat_postMessage(channel=CHANNEL, text=f"{number}")
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="too many")
    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "1"
    now[0] += 1.0
    assert client.chat_postMessage(channel=CHANNEL, text="in time")["ok"]


def test_errors_have_slacks_names(client: WebClient, slack: FakeSlack) -> None:
    calls: dict[str, Callable[[], object]] = {
        "channel_not_found": lambda: client.chat_postMessage(channel="#alerts", text="x"),
        "message_not_found": lambda: client.chat_update(channel=CHANNEL, ts="1.0", text="x"),
        "no_text": lambda: client.api_call("chat.postMessage", json={"channel": CHANNEL}),
        "unknown_method": lambda: client.api_call("chat.shout"),
        "invalid_limit": lambda: client.conversations_history(channel=CHANNEL, limit=1000),
        "cant_update_message": lambda: client.chat_update(
            channel=CHANNEL, ts=slack.workspace.say("mine"), text="x"
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


def test_a_call_may_be_accepted_after_its_client_has_gone(
    client: WebClient, slack: FakeSlack
) -> None:
    slack.fail("chat.postMessage", Fault("drop", accept=True, accept_after_s=0.1))
    with pytest.raises(OSError, match="closed"):
        client.chat_postMessage(channel=CHANNEL, text="late")
    assert slack.workspace.alerts() == []
    slack.fail("auth.test", Fault("html", delay_s=0.3))
    with pytest.raises(SlackApiError, match="non-JSON"):
        client.auth_test()
    assert [message["text"] for message in slack.workspace.alerts()] == ["late"]
