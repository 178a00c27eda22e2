"""From snapshots to movements, legs, stays and journeys."""
