"""What is decided of a pair and why: its probability, the three outcomes, caution, and the waterfall a person reads."""
