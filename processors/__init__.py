"""What we decide: pure rules, no I/O, no clock, no logging."""
