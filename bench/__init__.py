"""Benchmarks: one folder for each promise of speed, run as `python -m bench.NAME`."""
