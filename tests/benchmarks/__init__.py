"""Benchmarks: ratios within one run, for the machines are shared and noisy. `make bench` runs them all."""
