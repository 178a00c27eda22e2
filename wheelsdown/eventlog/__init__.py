"""The event log: an append-only, partitioned, keyed log; on Kafka, in one SQLite file, in memory."""
