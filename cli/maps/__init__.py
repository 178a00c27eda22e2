"""Journeys on maps: which one, what is shown of it, and the picture."""
