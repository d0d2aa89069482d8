"""The peers, one script each, run with the interpreter of their own environment (`make bench-peers`)."""
