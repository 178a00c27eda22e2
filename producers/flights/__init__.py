"""Flight feeds: one module a source, from bytes to snapshots."""
