"""The demo: a scenario served over HTTP, found by the whole pipeline."""
