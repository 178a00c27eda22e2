"""How to reach the brokers: one mapping of the settings, for both Kafka client libraries."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from wheelsdown.eventlog.port import RefusedError

#: kafka-python waits up to 30 s between attempts otherwise, long after a broker is back.
RECONNECT_WITHIN_MS = 1_000


class Login(NamedTuple):
    """Who logs in, with a mechanism of SASL."""

    mechanism: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.mechanism!r}, {self.username!r})"


class ForFaust(NamedTuple):
    """What Faust's aiokafka is told; only pipeline/faust_host.py knows Faust's own classes."""

    brokers: list[str]
    tls: ssl.SSLContext | None
    login: Login | None


@dataclass(frozen=True)
class KafkaConnection:
    """The brokers as HOST:PORT, and what they ask of a client.

    ``security_protocol`` is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. Without ``ca_file`` the
    system's certificate authorities are trusted.
    """

    bootstrap: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def for_kafka_python(self) -> dict[str, Any]:
        """The arguments of its clients. Raises RefusedError when a certificate can't be read."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap),
            "security_protocol": self.security_protocol,
            "ssl_context": self._tls(),
            "reconnect_backoff_max_ms": RECONNECT_WITHIN_MS,
        }
        login = self._login()
        if login is not None:
            arguments |= {
                "sasl_mechanism": login.mechanism,
                "sasl_plain_username": login.username,
                "sasl_plain_password": login.password,
            }
        return arguments

    def for_faust(self) -> ForFaust:
        """The brokers as addresses. Raises RefusedError when a certificate can't be read."""
        brokers = [f"kafka://{broker}" for broker in self.bootstrap]
        return ForFaust(brokers, self._tls(), self._login())

    def _tls(self) -> ssl.SSLContext | None:
        """One context for both libraries, so that neither trusts more than the other."""
        if self.security_protocol not in {"SSL", "SASL_SSL"}:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:  # SSLError is one
            files = ", ".join(str(file) for file in (self.ca_file, self.cert_file) if file)
            raise RefusedError(
                f"can't use the certificates for Kafka ({files}): {error}; they must be readable "
                "PEM files, the key without a passphrase"
            ) from error
        return context

    def _login(self) -> Login | None:
        if self.sasl_mechanism is None or self.username is None or self.password is None:
            return None
        return Login(self.sasl_mechanism, self.username, self.password)
