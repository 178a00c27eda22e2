"""From a file and an environment to settings, or to one error that names every problem."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from wheelsdown.settings.model import SECRETS, Settings
from wheelsdown.settings.problems import Place, Problem, SettingsError, line_of, problems_of

#: What a command runs, and so what must be set for it.
Room = Literal["flights", "news", "slack", "run"]

#: Far above any configuration or secret, far below what would hurt.
_LARGEST_BYTES = 1_000_000

#: How Slack's tokens begin (bot, user, app-level and the others).
_SLACK_TOKEN = re.compile(r"xox[a-z][.-]|xapp-")


def load_settings(
    path: Path, environ: Mapping[str, str], *, needs: Collection[Room] = ()
) -> Settings:
    """The settings of ``path``, with secrets from ``environ`` or from files.

    Args:
        path: a TOML file; relative paths in it count from its folder, wherever a daemon is started,
            so that no second, empty ledger appears.
        environ: the process's environment.
        needs: the rooms that will run; what they can't do without must be set.

    Raises:
        SettingsError: with every problem found; none repeats a secret.
    """
    text = _read(path)
    document = _parsed(path, text)
    if written := _written_secrets(document, text):
        raise SettingsError(path, written)
    folder = path.absolute().parent
    secrets, problems = _secrets(document, environ, folder, text)
    try:
        settings = _merged(secrets, document)
    except ValidationError as error:
        problems += problems_of(error, Settings, SECRETS, text)
        raise SettingsError(path, problems) from None
    problems += _lacking(settings, needs)
    if problems:
        raise SettingsError(path, problems)
    anchored = {name: _anchored(getattr(settings, name), folder) for name in Settings.model_fields}
    return Settings(**anchored)


def _read(path: Path) -> str:
    try:
        return _text(path)
    except FileNotFoundError:
        hint = "no such file; begin with a copy of config/wheelsdown.example.toml"
        raise SettingsError(path, [Problem((), hint)]) from None
    except OSError as error:
        raise SettingsError(path, [Problem((), f"can't be read: {error.strerror}")]) from None
    except ValueError as error:
        raise SettingsError(path, [Problem((), str(error))]) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SettingsError(path, [Problem((), "nested too deeply")]) from None
    except ValueError as error:  # TOMLDecodeError, and int() of thousands of digits
        raise SettingsError(path, [Problem((), f"is not TOML: {error}")]) from None


def _text(path: Path) -> str:
    """The text of a regular file; OSError, or ValueError naming what else it is."""
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file")
    with path.open("rb") as file:
        data = file.read(_LARGEST_BYTES + 1)
    if len(data) > _LARGEST_BYTES:
        raise ValueError(f"{path} is larger than {_LARGEST_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path} is not UTF-8 (line {line})") from None


def _written_secrets(document: Mapping[str, Any], text: str) -> list[Problem]:
    """A problem for each secret that stands in the file itself."""
    return [
        Problem(place, f"a secret may not stand in the file: {_how_to_give(place)}", line)
        for place, value in _leaves(document, ())
        if place in SECRETS or (isinstance(value, str) and _SLACK_TOKEN.match(value))
        for line in [line_of(text, place)]
    ]


def _how_to_give(place: Place) -> str:
    known = next((secret for secret in SECRETS if secret == place), ("slack", "token"))
    variable = SECRETS[known]
    return f"set {variable}, or name a file that holds it with {known[1]}_file or {variable}_FILE"


def _leaves(value: object, place: Place) -> Iterator[tuple[Place, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*place, number))
    else:
        yield place, value


def _secrets(
    document: Mapping[str, Any], environ: Mapping[str, str], folder: Path, text: str
) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """The secrets of the sections that the document has, and a problem for each unusable one.

    A variable counts more than the configuration. An empty variable counts as not set, because
    compose files pass unset ones on as empty.
    """
    secrets: dict[str, dict[str, str]] = {}
    problems = []
    for (section, key), variable in SECRETS.items():
        table = document.get(section)
        if not isinstance(table, dict):
            continue
        try:
            secret = _secret(environ, variable, table.get(f"{key}_file"), folder)
        except ValueError as error:
            line = line_of(text, (section, f"{key}_file"))
            problems.append(Problem((section, key), str(error), line))
            secret = "unusable"  # noqa: S105 - stands in, so that it is not called missing as well
        if secret:
            secrets[section] = {key: secret}
    return secrets, problems


def _secret(environ: Mapping[str, str], variable: str, file: object, folder: Path) -> str | None:
    """The secret, None when nobody gives one; ValueError when what they give is unusable."""
    given, named = environ.get(variable), environ.get(f"{variable}_FILE")
    if given and named:
        raise ValueError(f"{variable} and {variable}_FILE are both set: give one")
    if given:
        return _one_line(given, f"the variable {variable}")
    if not named and not isinstance(file, str):
        return None
    path = folder / str(named or file)
    try:
        return _one_line(_text(path), str(path))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error


def _one_line(text: str, source: str) -> str:
    secret = text.strip()
    if not secret:
        raise ValueError(f"{source} is empty; it must hold the secret")
    if not secret.isprintable():
        raise ValueError(f"{source} must hold the secret on one line and nothing else")
    return secret


def _merged(*layers: Mapping[str, Any]) -> Settings:
    """Settings from layers of values, of which the first count most."""

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            *_args: PydanticBaseSettingsSource,
            **_kwargs: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, dict(layer)) for layer in layers)

    return Layered()


def _lacking(settings: Settings, needs: Collection[Room]) -> list[Problem]:
    """What the rooms can't do without and nobody has set; "run" is all of them, Slack if named."""
    if "run" in needs:
        needs = ("flights", "news", "slack") if settings.slack else ("flights", "news")
    problems = []
    if "flights" in needs and not settings.flights:
        problems.append(Problem(("flights",), "is missing: give at least one [[flights]]"))
    if "flights" in needs and settings.opensky and not settings.opensky.client_secret:
        place = ("opensky", "client_secret")
        problems.append(Problem(place, f"is missing: {_how_to_give(place)}"))
    if "news" in needs and not settings.news:
        problems.append(Problem(("news",), "is missing: give at least one [[news]]"))
    if "slack" in needs and not settings.slack:
        problems.append(Problem(("slack",), "is missing: give [slack] with channel in it"))
    if "slack" in needs and settings.slack and not settings.slack.token:
        place = ("slack", "token")
        problems.append(Problem(place, f"is missing: {_how_to_give(place)}"))
    return problems


def _anchored(value: Any, folder: Path) -> Any:
    """``value``, with every relative path in it counted from ``folder``."""
    match value:
        case Path():
            return folder / value
        case tuple():
            return tuple(_anchored(item, folder) for item in value)
        case BaseModel():
            fields = type(value).model_fields
            update = {name: _anchored(getattr(value, name), folder) for name in fields}
            return value.model_copy(update=update)
        case _:
            return value
