"""The settings: one TOML file, and secrets from the environment or from files."""

from wheelsdown.settings.loading import Room, load_settings
from wheelsdown.settings.model import (
    DataSettings,
    DispatchSettings,
    FleetSettings,
    FlightFeed,
    KafkaSettings,
    LogSettings,
    NewsFeed,
    OpenSkySettings,
    Settings,
    SlackSettings,
)
from wheelsdown.settings.problems import Problem, SettingsError

__all__ = [
    "DataSettings",
    "DispatchSettings",
    "FleetSettings",
    "FlightFeed",
    "KafkaSettings",
    "LogSettings",
    "NewsFeed",
    "OpenSkySettings",
    "Problem",
    "Room",
    "Settings",
    "SettingsError",
    "SlackSettings",
    "load_settings",
]
