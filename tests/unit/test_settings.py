import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticUndefined

from wheelsdown.settings import Settings, SettingsError, load_settings
from wheelsdown.settings.model import SECRETS
from wheelsdown.settings.problems import line_of, model_in

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "wheelsdown.example.toml"
SECRET = "hunter2-correct-horse"

FEEDS = """
[[flights]]
name = "roof"
format = "readsb"
url = "http://127.0.0.1:8080/aircraft.json"
every_s = 5
scope = "box"
box = [49.5, 179.0, 54.5, -179.0]
allow_private = true

[[flights]]
name = "list"
format = "adsbx"
url = "https://example.org/v2/hex/15521F"
every_s = 1
scope = "list"
icao24s = ["15521F"]

[[news]]
name = "world"
url = "https://example.org/feed.xml"
"""


def load(folder, text, environ=None, needs=()):
    path = folder / "wheelsdown.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environ or {}, needs=needs)


def problems(folder, text, environ=None, needs=()):
    """What is said about the text, as "place: what" or "line N, place: what"."""
    with pytest.raises(SettingsError) as caught:
        load(folder, text, environ, needs)
    message = str(caught.value)
    assert message.startswith(f"{folder / 'wheelsdown.toml'}: ")
    assert SECRET not in message
    return [str(problem) for problem in caught.value.problems]


def uncommented_example():
    """The example with every key that it shows, for all kinds of log."""
    text = re.sub(r"(?m)^# (\[+\w+\]+|\w+ = .*)$", r"\1", EXAMPLE.read_text(encoding="utf-8"))
    return text.replace('"PLAINTEXT"\n', '"SASL_SSL"\n')


def test_an_empty_file_gives_the_defaults(tmp_path):
    settings = load(tmp_path, "")
    assert settings.log.kind == "sqlite"
    assert settings.log_path == tmp_path / "wheelsdown-data" / "events.sqlite"
    assert settings.flights == settings.news == ()
    assert settings.kafka is settings.slack is settings.opensky is None


def test_values_arrive_and_relative_paths_count_from_the_file(tmp_path):
    text = '[log]\npath = "a/b.sqlite"\n[data]\nfolder = "/var/lib/x"\n[fleet]\nfiles = ["f.csv"]\n'
    settings = load(tmp_path, text + FEEDS)
    assert settings.log_path == tmp_path / "a" / "b.sqlite"
    assert settings.data.folder == Path("/var/lib/x")
    assert settings.fleet.files == (tmp_path / "f.csv",)
    roof, listed = settings.flights
    assert roof.covers.box == (49.5, 179.0, 54.5, -179.0)
    assert listed.covers.icao24s == ("15521f",)
    assert settings.news[0].every_s == 900


def test_settings_cannot_be_changed(tmp_path):
    settings = load(tmp_path, FEEDS)
    with pytest.raises(ValueError, match="frozen"):
        settings.news[0].every_s = 1  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        settings.news = ()  # type: ignore[misc]


def test_the_example_loads_as_it_stands():
    settings = load_settings(EXAMPLE, {}, needs=["flights", "news"])
    assert settings.kafka is settings.slack is None


def test_the_example_shows_every_key_and_what_it_says_loads(tmp_path):
    text = uncommented_example()
    environ = dict.fromkeys(SECRETS.values(), SECRET)
    settings = load(tmp_path, text, environ, needs=["flights", "news", "slack"])
    document = tomllib.loads(text)
    assert set(document) == set(Settings.model_fields)
    for section, value in document.items():
        shown = {key for table in (value if isinstance(value, list) else [value]) for key in table}
        inner = getattr(settings, section)
        model = type(inner[0] if isinstance(inner, tuple) else inner)
        secrets = {key for place, key in SECRETS if place == section}
        assert shown == set(model.model_fields) - secrets, section


def test_the_defaults_that_the_example_states_are_the_defaults():
    examples = {"slack.channel", "fleet.files", "kafka.security_protocol"}
    for section, value in tomllib.loads(uncommented_example()).items():
        fields = model_in(Settings.model_fields[section].annotation).model_fields
        for key, stated in (value[0] if isinstance(value, list) else value).items():
            default = fields[key].default
            if default not in {None, PydanticUndefined} and f"{section}.{key}" not in examples:
                assert str(default) == str(stated), f"{section}.{key}"


def test_nothing_is_read_from_the_process_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LOG", '{"kind": "memory"}')
    monkeypatch.setenv("WHEELSDOWN_SLACK_TOKEN", SECRET)
    settings = load(tmp_path, '[slack]\nchannel = "C123"\n')
    assert settings.log.kind == "sqlite"
    assert settings.slack.token is None
    assert Settings().log.kind == "sqlite"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flihgts = 1\n", 'line 1, flihgts: unknown section; did you mean "flights"?'),
        ("_env_file = 'x'\n", "line 1, _env_file: unknown section"),
        (
            "[[flights]]\n\nfromat = 'readsb'",
            'line 3, flights[0].fromat: unknown key; did you mean "format"?',
        ),
        ("[[news]]\n[[news]]\nx = 1", "line 3, news[1].x: unknown key (known here: allow_private,"),
        ("[[news]]\n[[news]]", "line 2, news[1].url: is missing"),
        (
            "[log]\nkind = 'SQLlite'",
            'line 2, log.kind: "SQLlite" is not allowed; allowed: "sqlite", "kafka", "memory"; '
            'did you mean "sqlite"?',
        ),
        ("[log]\nkind = 7", "line 2, log.kind: 7 is not allowed"),
        ("[log]\nkind = 'kafka'", 'kafka: is missing: log.kind = "kafka" needs it'),
        ("[log]\npartitions = '4'", "line 2, log.partitions: must be a whole number"),
        ("[log]\npartitions = true", "line 2, log.partitions: must be a whole number"),
        (
            "[log]\npartitions = 0",
            "line 2, log.partitions: must be greater than or equal to 1, not 0",
        ),
        ("[log]\npath = ''", "line 2, log.path: must name a file or folder"),
        ("[data]\nfolder = '~/x'", 'line 2, data.folder: "~" stands for nothing here'),
        ("[log]\ntopic_prefix = 'a b'", "line 2, log.topic_prefix: must be at most 100 letters"),
        ("log = 3", "line 1, log: must be a table"),
        ("[[log]]", "line 1, log: must be one table: write [log] once, with single brackets"),
        (
            "[news]\nname = 'x'",
            "line 1, news: must be a list of tables: write [[news]], with double",
        ),
        ("[kafka]\nbootstrap = []", "line 2, kafka.bootstrap: must not be empty"),
        (
            "[health]\nhost = 'localhost'",
            "line 2, health.host: must be an IP address of this machine",
        ),
        ("[kafka]\nbootstrap = ['kafka']", "line 2, kafka.bootstrap[0]: must be host:port"),
        ("[kafka]\nbootstrap = ['k:99999']", "line 2, kafka.bootstrap[0]: must be host:port"),
        (
            "[kafka]\nusername = 'x'",
            'line 2, kafka.username: would not be used with security_protocol = "PLAINTEXT"',
        ),
        (
            "[kafka]\nca_file = 'x'",
            'line 2, kafka.ca_file: would not be used with security_protocol = "PLAINTEXT"',
        ),
        (
            "[kafka]\nsecurity_protocol = 'SSL'\ncert_file = 'x'",
            "kafka.key_file: cert_file and key_file go together",
        ),
        (
            "[kafka]\nsecurity_protocol = 'SASL_SSL'",
            "kafka.password: is missing: security_protocol",
        ),
        (
            "[[news]]\nurl = 'ftp://example.org'",
            "line 2, news[0].url: must be an http or https address",
        ),
        ("[[news]]\nurl = 'https://'", "line 2, news[0].url: must be an http or https address"),
        ("[[news]]\nurl = 'https://[::1'", "line 2, news[0].url: must be an http or https address"),
        (
            "[[news]]\nurl = 'https://h:99999/'",
            "line 2, news[0].url: must be an http or https address",
        ),
        ("[[news]]\nurl = 'http://a b/'", "line 2, news[0].url: must be an http or https address"),
        (
            "[[news]]\nurl = 'http://10.1.2.3/'",
            "line 2, news[0].url: is on this machine or in a private",
        ),
        (
            f"[[news]]\nurl = 'http://me:{SECRET}@example.org/'",
            "line 2, news[0].url: must hold no user",
        ),
        ("[[news]]\nevery_s = 59", "line 2, news[0].every_s: must be at least 60"),
        (
            "[[news]]\nevery_s = 86401",
            "line 2, news[0].every_s: must be less than or equal to 86400",
        ),
        ("[[news]]\nevery_s = nan", "line 2, news[0].every_s: must be a finite number, not nan"),
        (
            "[[news]]\nlanguage = 'english'",
            "line 2, news[0].language: must be two lower-case letters",
        ),
        ("[[news]]\nname = 'A B'", "line 2, news[0].name: must be 1-40 lower-case letters"),
        (
            "[[flights]]\nevery_s = 0.5",
            "line 2, flights[0].every_s: must be greater than or equal to 1",
        ),
        (
            "[[flights]]\nformat = 'opensky'\nevery_s = 4",
            "line 3, flights[0].every_s: must be at least 5",
        ),
        ("[[flights]]\nscope = 'box'", 'flights[0].box: is missing: scope = "box" needs it'),
        (
            "[[flights]]\nscope = 'world'\nicao24s = ['15521f']",
            "flights[0].icao24s: would not be used",
        ),
        (
            "[[flights]]\nscope = 'box'\nbox = [9, 0, 8, 1]",
            "flights[0].box: must be [south, west, north",
        ),
        (
            "[[flights]]\nbox = [0, 0, 91, 1]",
            "line 2, flights[0].box[2]: must be less than or equal to 90",
        ),
        (
            "[[flights]]\nscope = 'list'\nicao24s = ['~abcde']",
            "flights[0].icao24s[0]: must be six hex",
        ),
        ("[slack]\nchannel = '#alerts'", "line 2, slack.channel: must be the channel's id"),
        (
            "[slack]\nbase_url = 'http://example.org'",
            "line 2, slack.base_url: must begin with https://",
        ),
        (FEEDS + FEEDS, 'line 2, flights: names must differ: "roof" stands more than once'),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(tmp_path, text, said):
    assert any(problem.startswith(said) or said in problem for problem in problems(tmp_path, text))


def test_all_mistakes_are_named_at_once(tmp_path):
    text = '[log]\nkind = "x"\n[[news]]\nnames = "a"\n[slack]\nchannel = "general"\n'
    assert len(problems(tmp_path, text)) == 5  # name and url are missing too


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[log]\nkind = sqlite\n", "is not TOML: Invalid value (at line 2, column 8)"),
        (b"[log]\n[log]\n", "is not TOML: Cannot declare ('log',) twice (at line 2, column 5)"),
        (b"x = " + b"[" * 50_000, "nested too deeply"),
        (b"x = " + b"9" * 5_000, "is not TOML: Exceeds the limit"),
        (b"# ok\n# \xff\n", "is not UTF-8 (line 2)"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_toml_is_refused(tmp_path, data, said):
    path = tmp_path / "wheelsdown.toml"
    path.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert said in str(caught.value)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "wheelsdown.toml"
    path.write_bytes(b"\xef\xbb\xbf[log]\r\nkind = 'memory'\r\n")
    assert load_settings(path, {}).log.kind == "memory"


def test_a_file_that_is_not_there_or_is_none(tmp_path):
    with pytest.raises(SettingsError, match=r"no such file; begin with a copy of config/wheels"):
        load_settings(tmp_path / "missing.toml", {})
    with pytest.raises(SettingsError, match="is no regular file"):
        load_settings(tmp_path, {})
    with pytest.raises(SettingsError, match="can't be read: Not a directory"):
        load_settings(EXAMPLE / "wheelsdown.toml", {})


def test_secrets_come_from_variables_files_that_they_name_and_files_that_keys_name(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    text = '[slack]\nchannel = "C123"\n[opensky]\nclient_id = "me"\n'
    text += '[kafka]\nbootstrap = ["[::1]:9092"]\nsecurity_protocol = "SASL_SSL"\n'
    text += 'sasl_mechanism = "PLAIN"\nusername = "me"\npassword_file = "secret"\n'
    environ = {
        "WHEELSDOWN_SLACK_TOKEN": SECRET,
        "WHEELSDOWN_OPENSKY_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "WHEELSDOWN_KAFKA_PASSWORD": "",  # what compose makes of a variable that is not set
    }
    settings = load(tmp_path, text, environ)
    assert settings.secrets == (SECRET, SECRET, SECRET)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.slack}"


def test_a_variable_counts_more_than_a_key(tmp_path):
    text = '[slack]\nchannel = "C123"\ntoken_file = "/nowhere"\n'
    settings = load(tmp_path, text, {"WHEELSDOWN_SLACK_TOKEN": SECRET})
    assert settings.slack.token.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("", "is empty; it must hold the secret"),
        (" \n\n", "is empty; it must hold the secret"),
        (f"{SECRET}\nmore\n", "must hold the secret on one line and nothing else"),
    ],
)
def test_a_secret_file_that_is_unusable(tmp_path, content, said):
    if content is not None:
        (tmp_path / "token").write_text(content)
    text = '[slack]\nchannel = "C123"\ntoken_file = "token"\n'
    (problem,) = problems(tmp_path, text, needs=["slack"])
    assert problem.startswith(f"line 3, slack.token: {tmp_path / 'token'}")
    assert said in problem


def test_a_variable_and_its_file_are_not_both_given(tmp_path):
    environ = {"WHEELSDOWN_SLACK_TOKEN": SECRET, "WHEELSDOWN_SLACK_TOKEN_FILE": "/x"}
    (problem,) = problems(tmp_path, '[slack]\nchannel = "C123"\n', environ)
    assert "WHEELSDOWN_SLACK_TOKEN and WHEELSDOWN_SLACK_TOKEN_FILE are both set" in problem


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f'[slack]\ntoken = "{SECRET}"', "line 2, slack.token"),
        (f'[kafka]\npassword = "{SECRET}"', "line 2, kafka.password"),
        (f'[opensky]\nclient_secret = "{SECRET}"', "line 2, opensky.client_secret"),
        (f'[slack]\ntoken_file = "xoxb-{SECRET}"', "line 2, slack.token_file"),
        (f'[[news]]\nurl = "xapp-{SECRET}"', "line 2, news[0].url"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path, text, place):
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"{place}: a secret may not stand in the file: set WHEELSDOWN_")


def test_what_a_room_cannot_do_without_is_asked_for_when_it_runs(tmp_path):
    text = '[slack]\nchannel = "C123"\n[opensky]\nclient_id = "me"\n'
    load(tmp_path, text)
    said = problems(tmp_path, text, needs=["flights", "news", "slack"])
    assert [problem.split(": ")[0] for problem in said] == [
        "flights",
        "opensky.client_secret",
        "news",
        "slack.token",
    ]
    assert "slack: is missing: give [slack]" in problems(tmp_path, "", needs=["slack"])[0]


KEYS = st.sampled_from(["name", "url", "kind", "box", "every_s", "x"])
TEXTS = st.text(alphabet='a1:/.-[]"\n\0\u2028', max_size=8)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@given(document=st.dictionaries(st.sampled_from([*Settings.model_fields, "x"]), VALUES))
def test_any_document_is_loaded_or_refused_with_places(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(toml(document), encoding="utf-8")
    said = []
    try:
        load_settings(path, {})
    except SettingsError as error:
        said = [problem.place for problem in error.problems]
    assert all(said)  # it is TOML, so every problem has a place


def toml(value, *, top=True):
    """The document in TOML, tables written in line."""
    match value:
        case dict():
            pairs = [f"{key} = {toml(inner, top=False)}" for key, inner in value.items()]
            return "\n".join(pairs) if top else f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(toml(inner, top=False) for inner in value)}]"
        case str():
            return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def test_lines_are_found_in_plain_tables_only():
    text = 'a = 1\n[b]\nc = 1\n[[d]]\n[[d]]\n"c" = 2\n[e]\nf = {g = 1}\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("b", "c")) == 3
    assert line_of(text, ("d", 1, "c")) == 6
    assert line_of(text, ("d", 0, "c")) == 4  # the header, where the key is missing
    assert line_of(text, ("e", "f", "g")) == 8
    assert line_of(text, ("z", "f")) is None
