import io
import json
import logging
import sys
import threading
import warnings
from datetime import UTC, datetime

import pytest
import structlog

from wheelsdown.clock import VirtualClock
from wheelsdown.daemon.telemetry import configure_logging

NOON = datetime(2023, 7, 31, 12, tzinfo=UTC)
SECRET = 'pass"word\\with=ä&odd'
TOKENS = (
    "xoxb-1234-abcd.EF",
    "xapp-1-A0-b",
    "https://hooks.slack.com/services/T0/B0/s3cret",
    "Authorization: Bearer abc.def-ghi",
    "grant_type=client_credentials&client_secret=s3cret",
    '{"access_token": "eyJhbGciOi.x-y", "expires_in": 1800}',
    "https:\\/\\/hooks.slack.com\\/services\\/T0\\/B0\\/s3cret",
    "https://hooks.slack-gov.com/services/T0/B0/s3cret?x=1",
    "XOXB-1234-ABCD.EF and BEARER abc.def-ghi",
    "Authorization: Basic dTpwdw==",
    "GET / HTTP/1.1\r\nProxy-Authorization: Digest username=s3cret, response='s3cret'\r\nHost: x",
    repr(b"GET / HTTP/1.1\r\nauthorization: Token s3cret\r\nHost: x\r\n"),
    str({"Authorization": "Basic dTpwdw==", "Accept": "*/*"}),
    str([(b"Authorization", b"Basic dTpwdw=="), (b"Cookie", b"d=s3cret; b=s3cret")]),
    json.dumps(json.dumps({"Authorization": "Basic dTpwdw==", "a": "b"})),
    json.dumps({"authorization": 'Digest username="u", response="s3cret"'}),
    "<CIMultiDict('Set-Cookie': 'd=s3cret', 'Host': 'x')>",
    "sasl_plain_password='s3cret', sasl_plain_username='wheelsdown'",
    "{'sasl.password': 's3cret', 'security.protocol': 'SASL_SSL'}",
    'PlainLoginModule required username="u" password="s3cret \\"s3cret";',
    "refresh_token = s3cret",
    "http://someone:s3cret@proxy.example.org:3128/",
)
LEAKS = ("1234-abcd", "1-A0-b", "s3cret", "abc.def-ghi", "eyJhbGciOi", "word", "odd", "dTpwdw")


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    """The process's logging is as before afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


@pytest.fixture
def written():
    """Where the logs go."""
    return io.StringIO()


@pytest.fixture(params=["console", "json"])
def style(request, written):
    clock = VirtualClock(datetime(2023, 7, 31, 12, tzinfo=UTC))
    configure_logging(style=request.param, clock=clock, stream=written, secrets=[SECRET, "abc"])
    return request.param


def fail(error):
    local = " ".join(["a", "local", "value"])
    if local:
        raise error


def assert_nothing_leaked(written, *, mentions):
    text = written.getvalue().replace("password", "").replace("Password", "")  # the word itself
    assert mentions in text
    assert not [leak for leak in LEAKS if leak.lower() in text.lower()], text


def test_an_event_carries_time_level_logger_and_values(style, written):
    structlog.stdlib.get_logger("wheelsdown.test").info("polled", feed="roof", count=3, ok=True)
    if style == "json":
        assert json.loads(written.getvalue()) == {
            "event": "polled",
            "level": "info",
            "logger": "wheelsdown.test",
            "timestamp": "2023-07-31T12:00:00.000+00:00",
            "feed": "roof",
            "count": 3,
            "ok": True,
        }
    else:
        for part in ("2023-07-31T12:00:00.000+00:00", "info", "polled", "feed=roof", "count=3"):
            assert part in written.getvalue()


@pytest.mark.parametrize("text", [*TOKENS, SECRET, repr(SECRET), json.dumps(SECRET)])
def test_no_secret_gets_out_of_any_place_of_an_event(style, written, text):
    log = structlog.stdlib.get_logger("wheelsdown.test")
    log.info(f"event {text}", value=text, inner={text: [text, (text, {text})]}, raw=text.encode())
    log.bind(bound=text).warning("an object", error=ValueError(text))
    assert_nothing_leaked(written, mentions="[redacted]")


@pytest.mark.parametrize("text", [*TOKENS, SECRET])
@pytest.mark.parametrize("name", ["slack_sdk.web.client", "aiohttp.client", "kafka", "faust"])
def test_no_secret_gets_out_through_the_logs_of_libraries(style, written, name, text):
    logging.getLogger(name).warning("sent %s to %r", text, {"headers": text})
    try:
        fail(RuntimeError(text))
    except RuntimeError:
        logging.getLogger(name).exception("failed")
        structlog.stdlib.get_logger(name).exception("failed too", exc_info=True)
    assert_nothing_leaked(written, mentions="RuntimeError")


def test_no_secret_gets_out_where_only_its_name_tells_that_it_is_one(style, written):
    headers = {"Authorization": "Basic dTpwdw==", b"Cookie": b"s3cret", "Accept": "text/xml"}
    log = structlog.stdlib.get_logger("wheelsdown.test")
    log.info("asked", headers=headers, pairs=list(headers.items()), password="s3cret")
    log.info("settings", kafka={"sasl_plain_password": "s3cret"}, client_secret=["s3cret"])
    assert_nothing_leaked(written, mentions="text/xml")
    assert written.getvalue().count("[redacted]") == 7


@pytest.mark.parametrize(
    "harmless",
    [
        "the password is missing: set WHEELSDOWN_KAFKA_PASSWORD or password_file",
        "fetched https://example.org:8443/feed?mail=a@example.org in 3 s",
        "authorization failed for topic wire",
    ],
)
def test_what_is_no_secret_is_left_alone(style, written, harmless):
    structlog.stdlib.get_logger("wheelsdown.test").info("said", value=harmless)
    assert harmless in written.getvalue()


def test_a_long_line_made_to_be_searched_for_ever_is_not(written):
    configure_logging(style="json", clock=VirtualClock(NOON), stream=written, secrets=[SECRET])
    parts = ("authorization:", "://a:", 'password="', '\\"', "xoxb-", "a", "bearer ")
    for part in parts:
        structlog.stdlib.get_logger("feed").info("long", value=part * (500_000 // len(part)))
    assert written.getvalue().count("\n") == len(parts)


def test_libraries_do_not_chatter(style, written):
    for name in ("slack_sdk", "kafka", "aiohttp.client"):
        logging.getLogger(name).info("the body of a message")
    assert written.getvalue() == ""


def test_libraries_speak_at_debug_and_can_be_silenced_again(written):
    clock = VirtualClock(NOON)
    said = []
    for level in ("debug", "info", "error"):
        configure_logging(style="json", clock=clock, stream=written, level=level)
        for name in ("slack_sdk.web", "kafka.conn", "wheelsdown.test"):
            logging.getLogger(name).debug("debug of %s at %s", name, level)
            logging.getLogger(name).warning("warning of %s at %s", name, level)
    for line in written.getvalue().splitlines():
        kind, _, name, _, level = json.loads(line)["event"].split()
        said.append((level, kind, name.partition(".")[0]))
    names = ("slack_sdk", "kafka", "wheelsdown")
    assert said == [
        *[("debug", kind, name) for name in names for kind in ("debug", "warning")],
        *[("info", "warning", name) for name in names],
    ]


def test_a_traceback_keeps_its_lines_and_shows_no_local_variable(style, written):
    try:
        fail(ValueError("forged\n2023-01-01 [info] all is well"))
    except ValueError:
        structlog.stdlib.get_logger().exception("failed")
    text = written.getvalue()
    assert "a local value" not in text
    lines = json.loads(text)["exception"].splitlines() if style == "json" else text.splitlines()
    trace = lines if style == "json" else lines[1:]
    assert len(trace) >= 4
    assert all(line.startswith("    ") for line in trace)


def test_text_cannot_forge_a_line_or_steer_a_terminal(style, written):
    structlog.stdlib.get_logger().info("a\nb", title="\x1b[2J\x9b\r\u202eevil\u2028\x7f")
    logging.getLogger("feed").warning("a\nb")
    text = written.getvalue()
    assert len(text.splitlines()) == 2
    assert text.replace("\n", "").isprintable()


def test_values_that_json_does_not_know_are_written_as_text(written):
    clock = VirtualClock(datetime(2023, 7, 31, tzinfo=UTC))
    configure_logging(style="json", clock=clock, stream=written)
    structlog.stdlib.get_logger().info("odd", at=clock.now(), number=float("nan"), kinds={1})
    event = json.loads(written.getvalue(), parse_constant=pytest.fail)
    assert (event["at"], event["number"]) == ("2023-07-31 00:00:00+00:00", "nan")


def test_a_later_set_up_replaces_an_earlier_one(written):
    clock = VirtualClock(datetime(2023, 7, 31, tzinfo=UTC))
    for level in ("debug", "warning"):
        configure_logging(style="json", clock=clock, stream=written, level=level)
    structlog.stdlib.get_logger().info("not shown")
    structlog.stdlib.get_logger().warning("shown once")
    assert len(written.getvalue().splitlines()) == 1


def test_unforeseen_errors_and_warnings_are_logged_without_secrets(style, written):
    sys.excepthook(ValueError, ValueError(TOKENS[0]), None)
    thread = threading.Thread(target=lambda: int(TOKENS[1]), name="worker")
    thread.start()
    thread.join()
    warnings.simplefilter("always")
    warnings.warn(TOKENS[2], stacklevel=1)
    text = written.getvalue()
    assert text.count("unforeseen error") == 2
    assert_nothing_leaked(written, mentions="UserWarning")


def test_a_line_that_cannot_be_formatted_is_mentioned_without_its_content(style, written, capsys):
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if handler.stream is written]
    logging.getLogger("kafka").warning("%d", TOKENS[0])
    assert capsys.readouterr().err == "a log line of kafka could not be written: TypeError\n"
    assert written.getvalue() == ""
