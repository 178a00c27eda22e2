"""What a Kafka broker needs before it can start: jars, an empty data folder, a class archive.

Made once and kept in ``$XDG_CACHE_HOME/wheelsdown-kafka`` (``~/.cache`` without that variable), for
each Java and each content of kafka-broker.pom.xml. Maven, with whatever mirror it is set up to use,
fetches 45 MB of jars; the class archive halves the time that a broker takes to start.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POM = Path(__file__).with_name("kafka-broker.pom.xml")
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
#: How long Maven, or another test run that fills the cache, may take.
MAVEN_WITHIN_S = 300.0
OLDEST_JAVA = 17


class NoBrokerError(Exception):
    """A broker can't be started on this machine; the message names what is missing."""


@dataclass(frozen=True)
class Installation:
    """Where things are. ``template`` is a formatted data folder, ``classes`` the class archive."""

    home: Path

    @property
    def template(self) -> Path:
        return self.home / "formatted"

    @property
    def classes(self) -> Path:
        return self.home / "classes.jsa"

    def class_path(self) -> str:
        # The class archive is only good for jars in the order in which it was made.
        return os.pathsep.join(sorted(str(jar) for jar in (self.home / "jars").glob("*.jar")))


def installed() -> Installation:
    """The jars, fetched when they are not there. Raises NoBrokerError."""
    key = hashlib.sha256(POM.read_bytes() + _java_version().encode()).hexdigest()[:16]
    there = Installation(cache() / key)
    make_once(there.home / "jars", _fetch)
    return there


def cache() -> Path:
    """The folder of all that is kept from one run to the next."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wheelsdown-kafka"


def make_once(target: Path, make: Callable[[Path], None]) -> None:
    """Let ``make`` fill a path that becomes ``target``, unless it is there: once, whole or not."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent / f"{target.name}.lock"):
        if target.exists():
            return
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = Path(scratch) / target.name
            make(made)
            made.rename(target)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    deadline = time.monotonic() + MAVEN_WITHIN_S
    with path.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NoBrokerError(f"another run holds {path}") from None
                time.sleep(0.1)
        yield


def _java_version() -> str:
    java = shutil.which("java")
    told = ""
    if java is not None:
        asked = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
        told = asked.stderr + asked.stdout
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise NoBrokerError(f"Java {OLDEST_JAVA} or newer is missing")
    return told


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBrokerError("Maven (mvn) is missing, which fetches Kafka the first time")
    try:
        told = subprocess.run(
            [
                *(maven, "--quiet", "--batch-mode", "--file", str(POM), COPY_JARS),
                *("-DincludeScope=runtime", f"-DoutputDirectory={jars}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MAVEN_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoBrokerError(f"Maven did not fetch Kafka within {MAVEN_WITHIN_S:g} s") from None
    if told.returncode or not any(jars.glob("kafka_2.13-*.jar")):
        raise NoBrokerError(f"Maven can't fetch Kafka: {told.stdout.strip()[-2000:]}")
