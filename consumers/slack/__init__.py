"""Alerts as Slack messages: one an incident, updated in place."""
