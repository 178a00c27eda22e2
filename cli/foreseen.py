"""Errors that are told in words instead of a traceback, and how a process ends with them."""

from collections.abc import Mapping
from types import MappingProxyType

from cli.backup import BackupError
from cli.compose import FolderError
from cli.deliveries import LostDeliveriesError, NotParkedError
from cli.demo.scenario_file import ScenarioError
from cli.maps.choice import MapError
from cli.recording import RecordingError
from cli.simulating import SimulationError
from cli.visits.entry_lines import ReadingError
from cli.visits.labelled import TrainingError
from cli.visits.reader import ModelError
from consumers.ledger import LedgerError
from consumers.slack.client import SlackUnusableError
from learning.labels import LabelsError
from producers.flights.picture import SourceError
from producers.news.entries import EntriesError
from producers.news.memory import NewsMemoryError
from wheelsdown.crash_points import UnknownPointError
from wheelsdown.daemon.health import HealthPortError
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.port import EventLogError, RefusedError, UnavailableError
from wheelsdown.reference.fleet_files import FleetError
from wheelsdown.settings import SettingsError

#: The first that fits counts. USAGE: starting again won't help before somebody has changed
#: something; the message says what.
FORESEEN: Mapping[type[Exception], ExitCode] = MappingProxyType(
    {
        UnknownPointError: ExitCode.USAGE,
        SettingsError: ExitCode.USAGE,
        HealthPortError: ExitCode.USAGE,
        FleetError: ExitCode.USAGE,
        ScenarioError: ExitCode.USAGE,
        RecordingError: ExitCode.USAGE,
        SimulationError: ExitCode.USAGE,
        ReadingError: ExitCode.USAGE,
        ModelError: ExitCode.USAGE,
        LabelsError: ExitCode.USAGE,
        TrainingError: ExitCode.USAGE,
        MapError: ExitCode.USAGE,
        FolderError: ExitCode.USAGE,
        BackupError: ExitCode.USAGE,
        NotParkedError: ExitCode.USAGE,
        LostDeliveriesError: ExitCode.USAGE,
        SourceError: ExitCode.USAGE,
        EntriesError: ExitCode.USAGE,
        SlackUnusableError: ExitCode.USAGE,
        RefusedError: ExitCode.USAGE,
        UnavailableError: ExitCode.UNAVAILABLE,
        EventLogError: ExitCode.FAILED,
        LedgerError: ExitCode.FAILED,
        NewsMemoryError: ExitCode.FAILED,
    }
)
