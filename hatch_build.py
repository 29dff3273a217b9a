"""Compile the core into the wheel with mypyc: the pure files of ledger/ that every command and every record passes.

Off unless HATCH_BUILD_HOOK_ENABLE_CUSTOM=1, as in `make wheel` and in the Dockerfile. Elsewhere the same source runs
interpreted. The source stays in the wheel beside the compiled files; Python takes a compiled file first.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from mypyc.build import mypycify
from setuptools import Distribution

CORE = (
    *("accounts", "codec", "dates", "fields", "fiscal_year", "members", "merkle", "money", "slices", "state"),
    *("transactions", "books/accounts", "books/erasure", "books/ledger", "books/members", "books/transactions"),
)
"""Not among them: what waits for I/O; `errors`, and slices with errors of their own, whose annotations are read at run
time; `rules`, whose classes are generic and have subclasses; `decide`, which refuses what no slice knows where compiled
code raises TypeError; and what would not be faster."""


class CompileCore(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled files to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless this is an editable install."""
        if version == "editable":
            return
        self._folder = TemporaryDirectory()
        target = Path(self._folder.name)
        compile_core(target)
        lib = target / "lib"
        build_data["force_include"] |= {str(built): str(built.relative_to(lib)) for built in lib.rglob("*.so")}
        build_data |= {"pure_python": False, "infer_tag": True}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made on the way."""
        if version != "editable":
            self._folder.cleanup()


def compile_core(target: Path) -> None:
    """Write the compiled modules to `target`/lib. This runs in the root of the repository, as every build does."""
    files = [f"ledger/{name}.py" for name in CORE]
    extensions = mypycify(["--config-file=", *files], target_dir=str(target / "c"), group_name="llmedger_core")
    build: Any = Distribution({"name": "core", "ext_modules": extensions}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(target / "lib"), str(target / "o")
    build.ensure_finalized()
    build.run()
