"""``python -m cli``, for containers and for trees that are not installed."""

from cli.main import app

app()
