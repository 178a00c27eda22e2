"""What every daemon needs: life cycle, backoff, logging."""
