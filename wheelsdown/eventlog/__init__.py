"""The event log: append-only, partitioned, keyed; on Kafka, in one SQLite file or in memory."""
