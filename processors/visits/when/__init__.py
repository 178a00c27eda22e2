"""When a visit is that the classifier has found: its days, status, background and kind."""
