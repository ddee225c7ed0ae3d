"""Benches: what screening costs and what it finds in disguise; run by hand or with `make bench`."""
