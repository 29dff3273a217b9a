"""The benchmarks. They are part of the source tree, not of the installed program."""

import subprocess
import sys
from pathlib import Path

import typer

from api.cli.terminal import app, fail, list_examples

BENCHMARKS = Path("tests/benchmarks/__main__.py")


@app.command("bench", epilog=list_examples("BENCH_SECONDS=1 BENCH_ONLY=posts llmedger bench"))
def bench() -> None:
    """Run the benchmarks, as `make bench` does. Start it in the top folder of a source tree."""
    if not BENCHMARKS.is_file():
        fail("the benchmarks are in the source tree: start this in its top folder", 2)
    raise typer.Exit(subprocess.run([sys.executable, "-m", "tests.benchmarks"], check=False).returncode)
