"""Which incident revision goes where, and why."""
