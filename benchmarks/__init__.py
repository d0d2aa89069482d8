"""Measured speed, memory and quality: the night as a whole, and each room beside its named peers.

Belongs here: one module per measurement, run as `python -m benchmarks.<module>`, its figures in `results/`. Does not
belong here: anything the pipeline needs.
"""
