"""Compile the core into the wheel with mypyc: the pure files of ledger/ that every command and every record passes.

Off unless HATCH_BUILD_HOOK_ENABLE_CUSTOM=1, as in `make wheel` and in the Dockerfile. Elsewhere the same source runs
interpreted. The source stays in the wheel beside the compiled files; Python takes a compiled file first.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORE = (
    *("accounts", "codec", "dates", "fields", "fiscal_year", "members", "merkle", "money", "slices", "state"),
    "transactions",
    *("books/accounts", "books/erasure", "books/ledger", "books/members", "books/transactions"),
)
"""Not among them: `errors`, whose annotations are read at run time, and what waits for I/O."""


class CompileCore(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled files to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless this is an editable install."""
        if version == "editable":
            return
        self._folder = TemporaryDirectory()
        target = Path(self._folder.name)
        compile_core(target)
        for built in (target / "lib").rglob("*.so"):
            build_data["force_include"][str(built)] = str(built.relative_to(target / "lib"))
        build_data |= {"pure_python": False, "infer_tag": True}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made on the way."""
        if version != "editable":
            self._folder.cleanup()


def compile_core(target: Path) -> None:
    """Write the compiled modules to `target`/lib. The folder that the program runs in is the root of the repository."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    files = [f"ledger/{name}.py" for name in CORE]
    extensions = mypycify(
        ["--config-file=", "--strict", "--python-executable=", *files],
        target_dir=str(target / "c"),
        group_name="llmedger_core",
    )
    build = Distribution({"name": "core", "packages": ["ledger"], "ext_modules": extensions}).get_command_obj(
        "build_ext"
    )
    build.build_lib, build.build_temp = str(target / "lib"), str(target / "o")
    build.ensure_finalized()
    build.run()
