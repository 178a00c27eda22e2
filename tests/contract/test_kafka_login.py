"""Logins over TLS at a real broker, with both client libraries and the settings they are given."""

import shutil
import socket
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from fakes.kafka_broker import KafkaBroker
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion

from pipeline.faust_host import FaustHost, FaustOptions
from wheelsdown.clock import VirtualClock
from wheelsdown.eventlog import kafka_brokers
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.port import RefusedError, UnavailableError
from wheelsdown.records.topics import NEWS_ENTRIES

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(
        shutil.which("keytool") is None, reason="keytool, a part of Java, is missing"
    ),
    pytest.mark.usefixtures("kafka_drops_sockets"),
    pytest.mark.filterwarnings("ignore:unclosed <(ssl.SSLS|socket.s)ocket:ResourceWarning"),
]

PASSWORD = "right-password"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


@pytest.fixture
def secured(own_broker: KafkaBroker, tmp_path: Path) -> KafkaConnection:
    """How to reach the broker's second listener, which wants TLS and a login."""
    store, certificate = tmp_path / "broker.p12", tmp_path / "ca.pem"
    keytool = ("keytool", "-keystore", str(store), "-storepass", PASSWORD, "-alias", "broker")
    making = ("-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-validity", "2")
    names = ("-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:true", "-storetype", "PKCS12")
    for command in (
        (*keytool, *making, *names),
        (*keytool, "-exportcert", "-rfc", "-file", str(certificate)),
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    mine = "listener.name.sasl_ssl"
    for name in ("listeners", "advertised.listeners"):
        own_broker.settings[name] += f",SASL_SSL://{address}"
    own_broker.settings["listener.security.protocol.map"] += ",SASL_SSL:SASL_SSL"
    own_broker.settings |= {
        "ssl.keystore.location": str(store),
        "ssl.keystore.password": PASSWORD,
        "ssl.keystore.type": "PKCS12",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        f"{mine}.plain.sasl.jaas.config": f'{PLAIN} required user_alice="{PASSWORD}";',
        f"{mine}.scram-sha-512.sasl.jaas.config": f"{SCRAM} required;",
    }
    own_broker.start()
    admin: Any = KafkaAdminClient(bootstrap_servers=own_broker.bootstrap)
    with closing(admin):
        admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion("alice", ScramMechanism.SCRAM_SHA_512, PASSWORD)]
        )
    return KafkaConnection(
        (address,), "SASL_SSL", "PLAIN", username="alice", password=PASSWORD, ca_file=certificate
    )


async def test_the_right_login_is_let_in_and_others_are_told_what_is_wrong(
    secured: KafkaConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for mechanism in ("PLAIN", "SCRAM-SHA-512"):
        connection = replace(secured, sasl_mechanism=mechanism)
        with KafkaLog(connection, 2) as log:
            log.create_topics(replication=1)
            assert list(log.ends(NEWS_ENTRIES)) == [0, 0]
        options = FaustOptions(connection, "g", "", 1, tmp_path)
        host = FaustHost([], options, lambda _: 1, VirtualClock(datetime(2026, 1, 1, tzinfo=UTC)))
        auth = credentials_to_aiokafka_auth(host.app.conf.broker_credentials)
        async with AIOKafkaProducer(bootstrap_servers=secured.bootstrap, **auth) as producer:
            assert await producer.partitions_for(NEWS_ENTRIES.name) == {0, 1}
        with pytest.raises(RefusedError, match=r"refuses the login .*check kafka\.username"):
            KafkaLog(replace(connection, password="wrong"), 2)
    with pytest.raises(RefusedError, match=r"CERTIFICATE_VERIFY_FAILED.*check kafka\.ca_file"):
        KafkaLog(replace(secured, ca_file=None), 2)
    monkeypatch.setattr(kafka_brokers, "CONNECT_WITHIN_S", 0.5)
    with pytest.raises(UnavailableError, match=r"check kafka\.security_protocol"):
        KafkaLog(KafkaConnection(secured.bootstrap), 2)
