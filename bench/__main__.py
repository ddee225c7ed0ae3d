"""Runs the benchmarks that are named, or all; `--scale 0.1` does a tenth of the work."""

import argparse
import importlib

from bench.table import Benchmark, machine

NAMES = (
    "throughput",
    "groups",
    "latency",
    "memory",
    "steps",
    "weekly_audit",
    "filing",
    "people",
    "roster",
    "forms",
    "wechaty_kills",
)


def main() -> None:
    """Print the machine and a table for each benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--scale", type=float, default=1.0)
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(f"{machine()}\n")
    for name in asked.names or NAMES:
        benchmark: Benchmark = importlib.import_module(f"bench.{name}").BENCHMARK
        print(benchmark.run(asked.scale).markdown(), flush=True)


if __name__ == "__main__":
    main()
