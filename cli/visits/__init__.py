"""``wheelsdown visits``: visits read from news entries, and how well; the reader's training."""
