"""Reference data and its readers: aerodromes, states, fleet, address blocks."""
