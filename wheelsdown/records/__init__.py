"""The records that travel between rooms, the topics they travel on, and their encoding."""
