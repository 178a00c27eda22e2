"""One mapping of Kafka's settings: what each client library is told, with their own classes."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth, server_list

from pipeline.faust_host import FaustHost, FaustOptions
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import RefusedError

BROKERS = ("one.example:9092", "[2001:db8::1]:9093")


def told_to_aiokafka(connection: KafkaConnection, folder: Path) -> dict[str, Any]:
    """What Faust hands to aiokafka, from the app that the host builds."""
    options = FaustOptions(
        connection=connection, group="g", topic_prefix="", replication=1, data_folder=folder
    )
    host = FaustHost([], options, lambda _: 1, VirtualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    conf = host.app.conf
    return {
        "bootstrap_servers": server_list(conf.broker, 9092),
        **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
    }


def test_without_security_both_libraries_get_the_brokers(tmp_path: Path) -> None:
    connection = KafkaConnection(BROKERS)
    told = connection.for_kafka_python()
    assert told["bootstrap_servers"] == list(BROKERS)
    assert told["security_protocol"] == "PLAINTEXT"
    assert told["ssl_context"] is None
    assert not any(key.startswith("sasl") for key in told)
    also = told_to_aiokafka(connection, tmp_path)
    assert also["security_protocol"] == "PLAINTEXT"
    assert also["bootstrap_servers"][0] == "one.example:9092"


def test_tls_checks_the_brokers_name_and_certificate_in_both_libraries(tmp_path: Path) -> None:
    connection = KafkaConnection(BROKERS[:1], "SSL")
    for told in (connection.for_kafka_python(), told_to_aiokafka(connection, tmp_path)):
        assert told["security_protocol"] == "SSL"
        assert told["ssl_context"].verify_mode is ssl.CERT_REQUIRED
        assert told["ssl_context"].check_hostname is True


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
def test_a_login_reaches_both_libraries(protocol: str, mechanism: str, tmp_path: Path) -> None:
    connection = KafkaConnection(BROKERS[:1], protocol, mechanism, "user", "secret")
    for told in (connection.for_kafka_python(), told_to_aiokafka(connection, tmp_path)):
        assert told["security_protocol"] == protocol
        assert told["sasl_mechanism"] == mechanism
        assert told["sasl_plain_username"] == "user"
        assert told["sasl_plain_password"] == "secret"
        assert (told["ssl_context"] is not None) == (protocol == "SASL_SSL")


def test_no_password_is_ever_shown() -> None:
    connection = KafkaConnection(BROKERS, "SASL_SSL", "PLAIN", "user", "secret")
    assert "secret" not in repr(connection)
    assert "secret" not in repr(connection.for_faust())


@pytest.mark.parametrize("wrong", ["ca_file", "cert_file"])
def test_a_certificate_that_can_not_be_read_is_refused(wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.pem"
    for content in (None, "no certificate"):
        if content is not None:
            file.write_text(content)
        files: dict[str, Any] = {wrong: file}
        connection = KafkaConnection(BROKERS, "SSL", **files)
        for use in (connection.for_kafka_python, connection.for_faust):
            with pytest.raises(RefusedError, match=r"wrong\.pem.*readable PEM"):
                use()
