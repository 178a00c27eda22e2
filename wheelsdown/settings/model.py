"""What may be set: one class a section of the configuration file.

config/wheelsdown.example.toml shows every key with its meaning, default and limits. Secrets are
fields here, but never keys of the file: wheelsdown/settings/loading.py puts them in.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    Strict,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from wheelsdown.records.aircraft import Scope
from wheelsdown.settings import values

#: The variable of each secret, by section and key. The variable's name with ``_FILE`` names a file
#: that holds it instead, as does the key with ``_file`` in the configuration.
SECRETS: Mapping[tuple[str, str], str] = {
    ("kafka", "password"): "WHEELSDOWN_KAFKA_PASSWORD",
    ("opensky", "client_secret"): "WHEELSDOWN_OPENSKY_CLIENT_SECRET",
    ("slack", "token"): "WHEELSDOWN_SLACK_TOKEN",
}

_PASSWORD = SECRETS["kafka", "password"]

#: TOML has types, so nothing is converted: "4" is no number and true is no 1.
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Flag = Annotated[bool, Strict()]
Name = Annotated[str, AfterValidator(values.name)]
File = Annotated[Path, AfterValidator(values.path)]
Url = Annotated[str, AfterValidator(values.url)]
HostAndPort = Annotated[str, AfterValidator(values.host_and_port)]
Icao24 = Annotated[str, AfterValidator(values.icao24)]
Latitude = Annotated[Number, Field(ge=-90, le=90)]
Longitude = Annotated[Number, Field(ge=-180, le=180)]


class Section(BaseModel):
    """A table of the file: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class LogSettings(Section):
    """Where the events are kept. ``partitions`` is that of every topic that has more than one."""

    kind: Literal["sqlite", "kafka", "memory"] = "sqlite"
    path: File | None = None
    partitions: Annotated[Whole, Field(ge=1, le=256)] = 4
    topic_prefix: Annotated[str, AfterValidator(values.topic_prefix)] = ""


class KafkaSettings(Section):
    """How to reach the brokers. ``password`` comes from the environment or ``password_file``."""

    bootstrap: Annotated[tuple[HostAndPort, ...], AfterValidator(values.not_empty)]
    replication: Annotated[Whole, Field(ge=1, le=16)] = 1
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: str | None = None
    password_file: File | None = None
    password: SecretStr | None = None
    ca_file: File | None = None
    cert_file: File | None = None
    key_file: File | None = None

    @field_validator("sasl_mechanism", "username", "password")
    @classmethod
    def _for_sasl(cls, value: object, info: ValidationInfo) -> object:
        """Credentials that would not be used are a mistake, as are ones that are needed."""
        protocol = info.data.get("security_protocol")
        if protocol is None:
            return value  # it was refused itself
        if value is None and protocol.startswith("SASL_"):
            how = f" (set {_PASSWORD} or password_file)" if info.field_name == "password" else ""
            raise ValueError(f'is missing: security_protocol = "{protocol}" needs it{how}')
        if value is not None and not protocol.startswith("SASL_") and info.field_name != "password":
            raise ValueError(f'would not be used with security_protocol = "{protocol}"')
        return value

    @field_validator("ca_file", "cert_file", "key_file")
    @classmethod
    def _for_tls(cls, value: object, info: ValidationInfo) -> object:
        protocol = info.data.get("security_protocol")
        if value is not None and protocol in {"PLAINTEXT", "SASL_PLAINTEXT"}:
            raise ValueError(f'would not be used with security_protocol = "{protocol}"')
        if info.field_name == "key_file" and bool(value) != bool(info.data.get("cert_file")):
            raise ValueError("cert_file and key_file go together: give both or neither")
        return value


class OpenSkySettings(Section):
    """The account for feeds of format "opensky"; without one they are asked anonymously."""

    client_id: Annotated[str, Field(min_length=1)]
    client_secret_file: File | None = None
    client_secret: SecretStr | None = None


class FlightFeed(Section):
    """A source of aircraft. ``scope`` says what an answer of ``url`` covers at all.

    ``every_s`` is in seconds: at least 1, which is what the public sources allow (adsb.fi: one
    request a second), and at least 5 for OpenSky, whose answers change no more often; at most an
    hour, because movements can't be told from rarer looks.
    """

    name: Name
    format: Literal["readsb", "adsbx", "opensky"]
    allow_private: Flag = False
    url: Url
    every_s: Annotated[Number, Field(ge=1, le=3600)]
    scope: Literal["world", "box", "list"]
    box: tuple[Latitude, Longitude, Latitude, Longitude] | None = None
    # readsb, which stands behind the ADSBx-v2 services, answers at most 1,000 addresses at once.
    icao24s: Annotated[tuple[Icao24, ...], Field(max_length=1000)] = ()

    _reachable = field_validator("url")(values.reachable)

    @field_validator("every_s")
    @classmethod
    def _not_faster_than_opensky(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("format") == "opensky" and value < 5:
            raise ValueError("must be at least 5: OpenSky's answers change no more often")
        return value

    @field_validator("box", "icao24s")
    @classmethod
    def _fits_scope(cls, value: object, info: ValidationInfo) -> object:
        scope, wanted = info.data.get("scope"), "box" if info.field_name == "box" else "list"
        if scope == wanted and not value:
            raise ValueError(f'is missing: scope = "{wanted}" needs it')
        if scope not in {None, wanted} and value:
            raise ValueError(f'would not be used with scope = "{scope}"; it is for "{wanted}"')
        return value

    @field_validator("box")
    @classmethod
    def _south_first(
        cls, value: tuple[float, float, float, float] | None
    ) -> tuple[float, float, float, float] | None:
        """West may lie east of east: such a box crosses the antimeridian."""
        if value is not None and value[0] >= value[2]:
            raise ValueError("must be [south, west, north, east] with south below north")
        return value

    @property
    def covers(self) -> Scope:
        """The scope as snapshots carry it."""
        return Scope(kind=self.scope, box=self.box, icao24s=self.icao24s)


class NewsFeed(Section):
    """An RSS or Atom feed.

    ``every_s`` is in seconds: at least 60, since publishers ask for hourly polls and block readers
    that come much more often (one's own server, ``allow_private``, may be asked every second); at
    most a day.
    """

    name: Name
    allow_private: Flag = False
    url: Url
    every_s: Annotated[Number, Field(ge=1, le=86_400)] = 900
    language: Annotated[str, AfterValidator(values.language)] | None = None

    _reachable = field_validator("url")(values.reachable)

    @field_validator("every_s")
    @classmethod
    def _politely(cls, value: float, info: ValidationInfo) -> float:
        if value < 60 and not info.data.get("allow_private"):
            raise ValueError("must be at least 60: publishers block readers that come more often")
        return value


_Feed = TypeVar("_Feed", FlightFeed, NewsFeed)


class FleetSettings(Section):
    """Further fleet files; their rows count more than the shipped ones."""

    files: tuple[File, ...] = ()


class SlackSettings(Section):
    """Where alerts go. ``token`` comes from the environment or ``token_file``."""

    channel: Annotated[str, AfterValidator(values.slack_channel)]
    base_url: Annotated[Url, AfterValidator(values.slack_url)] = "https://slack.com/api/"
    token_file: File | None = None
    token: SecretStr | None = None


class DispatchSettings(Section):
    """How alerts are handed out: one route so far."""

    route: Name = "default"


class DataSettings(Section):
    """Where the daemons keep their own state: the ledger, what feeds were last known to hold."""

    folder: File = Path("wheelsdown-data")


class HealthSettings(Section):
    """Where each daemon tells of itself; the port comes with the command."""

    host: Annotated[str, AfterValidator(values.ip_address)] = "127.0.0.1"


class Settings(BaseSettings):
    """Everything that may be set. ``load_settings`` makes it from a file and the environment."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", validate_default=True)

    log: LogSettings = LogSettings()
    kafka: KafkaSettings | None = None
    data: DataSettings = DataSettings()
    opensky: OpenSkySettings | None = None
    flights: tuple[FlightFeed, ...] = ()
    news: tuple[NewsFeed, ...] = ()
    fleet: FleetSettings = FleetSettings()
    dispatch: DispatchSettings = DispatchSettings()
    slack: SlackSettings | None = None
    health: HealthSettings = HealthSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller passes and nothing else: the process's environment is not looked at."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("kafka")
    @classmethod
    def _brokers_are_named(
        cls, value: KafkaSettings | None, info: ValidationInfo
    ) -> KafkaSettings | None:
        if value is None and "log" in info.data and info.data["log"].kind == "kafka":
            raise ValueError('is missing: log.kind = "kafka" needs it; give bootstrap in it')
        return value

    @field_validator("flights", "news")
    @classmethod
    def _names_differ(cls, value: tuple[_Feed, ...]) -> tuple[_Feed, ...]:
        repeated = [
            name for name, times in Counter(feed.name for feed in value).items() if times > 1
        ]
        if repeated:
            raise ValueError(f'names must differ: "{repeated[0]}" stands more than once')
        return value

    @property
    def log_path(self) -> Path:
        """The file of the SQLite log: ``log.path``, or events.sqlite among the other state."""
        return self.log.path or self.data.folder / "events.sqlite"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret, for the logs' redaction."""
        given = (
            self.kafka and self.kafka.password,
            self.opensky and self.opensky.client_secret,
            self.slack and self.slack.token,
        )
        return tuple(secret.get_secret_value() for secret in given if secret)
