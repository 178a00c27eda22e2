"""What comes in: flight feeds and news, normalised and published."""
