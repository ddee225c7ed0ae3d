"""Benchmarks: `python -m bench` prints every table, `python -m bench NAME...` only those named."""
