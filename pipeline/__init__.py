"""How it runs: the graph, written once, and the two hosts that run it."""
