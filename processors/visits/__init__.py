"""From news entries to mentions of visits."""
