"""What every room shares: records, reference data, the event log, daemons, settings, the clock."""
