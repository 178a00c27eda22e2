"""The fake Slack fails, limits and takes files as Slack does, on every way in."""

import json
import random
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes import slack_server
from fakes.processes import launched
from fakes.slack_faults import HUGE_WISH, MIXED_LATEST_S, ODD_WISHES, Fault, mixed_faults
from fakes.slack_limits import LIMITS, WEBHOOK
from fakes.slack_server import TOKEN, UPLOAD, FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL, Workspace
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.webhook import WebhookClient

from consumers.slack.client import web_client

OTHER = "C0OTHER001"


class Now:
    """Slack's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = 1_690_972_800.123

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSlack]:
    with running_slack() as running:
        yield running


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def slack(server: FakeSlack, now: Now) -> FakeSlack:
    server.reset(Workspace(now=now, channels={CHANNEL: [], OTHER: []}))
    return server


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return web_client(TOKEN, base_url=slack.base_url, timeout_s=2)


@pytest.fixture
def hook(slack: FakeSlack) -> WebhookClient:
    return WebhookClient(slack.webhook_url(OTHER), timeout=2, retry_handlers=[])


def texts(slack: FakeSlack, channel: str = CHANNEL) -> list[str]:
    return [message["text"] for message in slack.workspace.alerts(channel)]


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(SlackApiError) as error:
        call()
    return str(error.value.response["error"])


CALLS: dict[str, dict[str, Any]] = {
    "chat.postMessage": {"channel": CHANNEL, "text": "x"},
    "chat.update": {"channel": CHANNEL, "ts": "1.0", "text": "x"},
    "chat.delete": {"channel": CHANNEL, "ts": "1.0"},
    "conversations.history": {"channel": CHANNEL},
    "conversations.replies": {"channel": CHANNEL, "ts": "1.0"},
    "files.getUploadURLExternal": {"filename": "map.png", "length": 3},
    "files.completeUploadExternal": {"files": "[]"},
}


def test_every_limit_is_tried() -> None:
    assert {*CALLS, WEBHOOK} == set(LIMITS)


@pytest.mark.parametrize("method", CALLS)
def test_whoever_waits_as_long_as_slack_says_is_served_and_not_before(
    client: WebClient, slack: FakeSlack, now: Now, method: str
) -> None:
    slack.workspace.limited = True

    def limited() -> SlackApiError | None:
        """The refusal for calling too often; a call that fails otherwise counts as well."""
        try:
            client.api_call(method, json=CALLS[method])
        except SlackApiError as error:
            return error if error.response["error"] == "ratelimited" else None
        return None

    for _ in range(int(LIMITS[method].burst)):
        assert limited() is None
    refusal = limited()
    assert refusal is not None
    assert refusal.response.status_code == 429
    wait_s = refusal.response.headers["Retry-After"]
    assert wait_s.isdecimal()
    now.at += int(wait_s) - 1.0
    assert limited() is not None, "a second less is too little"
    now.at += 1.0
    assert limited() is None
    slack.workspace.limited = False
    assert limited() is None


def test_channels_are_limited_each_for_itself_and_webhooks_apart(
    client: WebClient, hook: WebhookClient, slack: FakeSlack, now: Now
) -> None:
    slack.workspace.limited = True
    for number in range(3):
        for channel in (CHANNEL, OTHER):
            client.chat_postMessage(channel=channel, text=f"{number}")
        assert hook.send(text=f"hook {number}").body == "ok"
    for channel in (CHANNEL, OTHER):
        post = partial(client.chat_postMessage, channel=channel, text="one too many")
        assert refused(post) == "ratelimited"
    answer = hook.send(text="one too many")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    now.at += 1.0
    assert hook.send(text="in time").body == "ok"
    assert client.chat_postMessage(channel=CHANNEL, text="in time")["ok"]
    assert "one too many" not in texts(slack) + texts(slack, OTHER)


@pytest.mark.parametrize("wish", [*ODD_WISHES, HUGE_WISH])
def test_odd_wishes_come_as_they_are(client: WebClient, slack: FakeSlack, wish: str | None) -> None:
    slack.fail("chat.postMessage", Fault("rate_limited", retry_after=wish))
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert error.value.response.status_code == 429
    assert error.value.response.headers.get("Retry-After") == wish
    assert texts(slack) == []


def test_a_call_may_be_accepted_after_its_client_has_gone(
    client: WebClient, slack: FakeSlack
) -> None:
    slack.fail("chat.postMessage", Fault("drop", accept=True, accept_after_s=0.1))
    with pytest.raises(OSError, match="closed"):
        client.chat_postMessage(channel=CHANNEL, text="late")
    assert texts(slack) == []
    slack.fail("auth.test", Fault("html", delay_s=0.3))
    with pytest.raises(SlackApiError, match="non-JSON"):
        client.auth_test()
    assert texts(slack) == ["late"]


def test_a_slow_answer_is_true_and_its_call_took_effect_before(
    client: WebClient, slack: FakeSlack
) -> None:
    slack.fail("chat.postMessage", Fault("true", delay_s=1.5), Fault("true", delay_s=0.1))
    hasty = web_client(TOKEN, base_url=slack.base_url, timeout_s=1)
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=CHANNEL, text="not heard of")
    assert client.chat_postMessage(channel=CHANNEL, text="heard of")["ok"]
    assert texts(slack) == ["not heard of", "heard of"]


@pytest.mark.parametrize("accept", [False, True])
def test_a_token_may_be_revoked_by_a_call(
    client: WebClient, hook: WebhookClient, slack: FakeSlack, accept: bool
) -> None:
    slack.fail("chat.postMessage", None, Fault("revoked", accept=accept))
    post = partial(client.chat_postMessage, channel=CHANNEL, text="x")
    assert post()["ok"], "None lets a call go well"
    assert refused(post) == "token_revoked"
    assert refused(client.auth_test) == "token_revoked"
    assert hook.send(text="x").body == "invalid_token"
    assert len(texts(slack)) == 1 + accept


def test_the_same_dice_give_the_same_mixed_faults_and_all_kinds_of_them() -> None:
    def thrown() -> list[Fault | None]:
        dice = random.Random(2023)
        return [mixed_faults(dice) for _ in range(2000)]

    faults = [fault for fault in thrown() if fault is not None]
    assert thrown() == thrown()
    assert 800 < len(faults) < 1200
    kinds = {(fault.answer, fault.accept) for fault in faults}
    assert {("drop", True), ("drop", False), ("truncated", True), ("status", True)} <= kinds
    assert {fault.retry_after for fault in faults} >= set(ODD_WISHES)
    assert not any(fault.answer == "revoked" for fault in faults), "no trial outlives that"
    assert max(max(one.delay_s, one.accept_after_s) for one in faults) <= MIXED_LATEST_S


def test_a_file_becomes_a_reply_with_its_comment(client: WebClient, slack: FakeSlack) -> None:
    parent = client.chat_postMessage(channel=CHANNEL, text="alert")["ts"]
    answer = client.files_upload_v2(
        filename="map.png",
        content=b"\x89PNG map",
        alt_txt="A map",
        channel=CHANNEL,
        thread_ts=parent,
        initial_comment="The track",
    )
    _, reply = client.conversations_replies(channel=CHANNEL, ts=parent)["messages"]
    (file,) = reply["files"]
    assert (reply["text"], file["name"], file["mimetype"]) == ("The track", "map.png", "image/png")
    assert (file["id"], file["alt_txt"]) == (answer["files"][0]["id"], "A map")
    assert slack.workspace.uploads.shared == {file["id"]: b"\x89PNG map"}
    assert [name for name, _ in slack.calls[1:4]] == [
        "files.getUploadURLExternal",
        UPLOAD,
        "files.completeUploadExternal",
    ]


def test_a_file_is_shared_once_and_only_when_its_bytes_have_come(
    client: WebClient, slack: FakeSlack
) -> None:
    ticket = client.files_getUploadURLExternal(filename="map.png", length=3)
    complete = partial(client.files_completeUploadExternal, files=[{"id": ticket["file_id"]}])

    def upload(content: bytes) -> int:
        with urllib.request.urlopen(ticket["upload_url"], data=content) as response:
            return int(response.status)

    assert refused(lambda: complete(channel_id=CHANNEL)) == "file_not_found"
    with pytest.raises(urllib.error.HTTPError, match="400"):
        upload(b"more than three")
    assert upload(b"map") == 200
    assert refused(lambda: complete(channel_id="C0NOWHERE1")) == "invalid_channel"
    assert refused(lambda: complete(channel_id=CHANNEL, thread_ts="1.0")) == "thread_not_found"
    assert complete(channel_id=CHANNEL), "a refusal leaves the file open"
    assert refused(lambda: complete(channel_id=CHANNEL)) == "file_not_found"
    assert len(slack.workspace.alerts()) == 1
    assert refused(lambda: client.files_completeUploadExternal(files=[])) == "invalid_arguments"
    assert (
        refused(lambda: client.files_getUploadURLExternal(filename="map.png", length=0))
        == "missing_argument"
    )


def test_the_bytes_of_a_file_meet_faults_too(client: WebClient, slack: FakeSlack) -> None:
    slack.fail(UPLOAD, Fault("html"), Fault("drop", accept=True))
    with pytest.raises((SlackRequestError, SlackApiError)):
        client.files_upload_v2(filename="map.png", content=b"map", channel=CHANNEL)
    with pytest.raises(OSError, match="closed"):
        client.files_upload_v2(filename="map.png", content=b"map", channel=CHANNEL)
    assert texts(slack) == []


def test_a_webhook_posts_into_its_own_channel_and_refuses_in_words(
    hook: WebhookClient, slack: FakeSlack
) -> None:
    attachments = [{"title": "[FIRING:1]", "text": "an alert"}]
    answer = hook.send_dict({"channel": CHANNEL, "attachments": attachments})
    assert (answer.status_code, answer.body) == (200, "ok")
    assert slack.workspace.alerts() == []
    (message,) = slack.workspace.alerts(OTHER)
    assert message["attachments"] == attachments
    assert slack.count(WEBHOOK) == 1
    with urllib.request.urlopen(slack.root_url) as response:
        assert "an alert" in response.read().decode()
    assert hook.send_dict({"channel": CHANNEL}).body == "no_text"
    nowhere = WebhookClient(slack.webhook_url("C0NOWHERE1"), retry_handlers=[]).send(text="x")
    assert (nowhere.status_code, nowhere.body) == (404, "channel_not_found")


def test_a_webhook_meets_the_faults_of_its_own(hook: WebhookClient, slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Fault("html"))
    assert hook.send(text="well").body == "ok"
    slack.fail(WEBHOOK, Fault("status", status=503), Fault("drop", accept=True))
    assert hook.send(text="away").status_code == 503
    with pytest.raises(OSError, match="closed"):
        hook.send(text="accepted")
    assert texts(slack, OTHER) == ["well", "accepted"]


def test_as_a_process_it_tells_its_port_and_ends_when_asked() -> None:
    script = str(Path(slack_server.__file__))
    command = [*launched(), sys.executable, script, "--port", "0", "--channel", CHANNEL, OTHER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        base_url = next(word for word in line.split() if word.endswith("/api/;")).rstrip(";")
        web_client(TOKEN, base_url=base_url).chat_postMessage(channel=OTHER, text="x")
        with urllib.request.urlopen(f"{base_url.removesuffix('api/')}state") as response:
            assert len(json.load(response)["channels"][OTHER]) == 1
        process.terminate()
        assert process.wait(10) == 0
