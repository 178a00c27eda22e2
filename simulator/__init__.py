"""Recordings with known truth: aircraft that fly, receivers that hear them or don't, noise.

Everything is drawn from one seeded ``random.Random`` that is passed in: the same seed gives the
same bytes. What is assumed, and what is not modelled, is in docs/simulation.md.
"""
