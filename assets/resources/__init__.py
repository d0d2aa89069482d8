"""What assets are handed: the home, the lake, choices made for a run, and the meter of time and memory."""
