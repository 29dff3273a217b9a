"""The files that docs/operations.md shows: for systemd, for nginx, and the environment of the service."""

import subprocess
from pathlib import Path

from tests.docs.blocks import blocks_of

PAGE = "docs/operations.md"
CERTIFICATE = "/etc/ssl/books.example.com"


def environment_of() -> dict[str, str]:
    """The settings of `/etc/llmedger/env`."""
    lines = next(block.text for block in blocks_of(PAGE) if block.file == "env").splitlines()
    return dict(line.split("=", 1) for line in lines)


def unit_files() -> dict[str, str]:
    """The units and what they share, by the names of their files."""
    return {
        block.file: block.text
        for block in blocks_of(PAGE)
        if block.language == "ini" and block.file not in (None, "env")
    }


def command_of(unit: str) -> list[str]:
    """What a unit starts, without the folder of the program."""
    line = next(line for line in unit_files()[unit].splitlines() if line.startswith("ExecStart="))
    return ["llmedger", *line.split()[1:]]


def nginx_site(folder: Path, *, service: int, http: int, https: int) -> Path:
    """A whole configuration of nginx in a folder, with the page's site at these ports and a certificate of its own."""
    site = next(block.text for block in blocks_of(PAGE) if block.language == "nginx")
    for page, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{service}"),
        ("listen 80;", f"listen 127.0.0.1:{http};"),
        ("listen 443 ", f"listen 127.0.0.1:{https} "),
        (f"{CERTIFICATE}/", f"{folder}/"),
    ):
        assert page in site, page
        site = site.replace(page, here)
    _make_certificate(folder)
    (folder / "site").write_text(site)
    temporary = "\n".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}\ninclude {folder}/site;\n}}\n"
    )
    return configuration


def _make_certificate(folder: Path) -> None:
    name = ["-subj", "/CN=books.example.com", "-addext", "subjectAltName=DNS:books.example.com"]
    files = ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(["openssl", "req", "-x509", *kind, *name, *files], cwd=folder, check=True, capture_output=True)
