"""The HTML of the pages. Texts are escaped. Styles and scripts are files of this service."""

from collections.abc import Iterable
from html import escape

from api.pages.problems import ProblemKind

NAME = "Double LLMedger"


def make_page(title: str, body: str, *, styles: Iterable[str] = ("site.css",), scripts: Iterable[str] = ()) -> str:
    """Return a page. `body` is HTML; `styles` and `scripts` are names of assets."""
    head = [f'<link rel="stylesheet" href="/assets/{name}">' for name in styles]
    head += [f'<script src="/assets/{name}" defer></script>' for name in scripts]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{''.join(head)}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def make_welcome_page(version: str, links: Iterable[tuple[str, str]]) -> str:
    """Return the page at `/`: what this service is, and links."""
    listed = "".join(
        f'<tr><td><a href="{escape(href)}">{escape(href)}</a></td><td>{escape(told)}</td></tr>' for href, told in links
    )
    return make_page(
        NAME,
        f"<h1>{NAME}</h1>\n<p>A double-entry ledger service, version {escape(version)}. Programs use it over HTTP; "
        f"there is no sign-in page yet.</p>\n<table>{listed}</table>",
    )


def make_problem_list(kinds: Iterable[ProblemKind]) -> str:
    """Return the page of all kinds of problems."""
    rows = "".join(
        f'<tr><td>{kind.status}</td><td><a href="/problems/{kind.code}"><code>{kind.code}</code></a></td>'
        f"<td>{escape(kind.when[0])}</td></tr>"
        for kind in kinds
    )
    return make_page(
        f"Problems: {NAME}",
        "<h1>Problems</h1>\n<p>Every refusal is a problem document (RFC 9457). Programs should act on its "
        f"<code>code</code>.</p>\n<table><tr><th>Status</th><th>Code</th><th>When</th></tr>{rows}</table>",
    )


def make_problem_page(kind: ProblemKind) -> str:
    """Return the page of one kind of problem."""
    when = "".join(f"<p>{escape(each)}</p>" for each in kind.when)
    facts = ", ".join(f"<code>{escape(name)}</code>" for name in kind.facts)
    body = [
        f"<h1>{escape(kind.title)}</h1>",
        f"<p>Code <code>{kind.code}</code>, status {kind.status}.</p>",
        f"<h2>When it happens</h2>{when}",
        f"<h2>What to do</h2><p>{escape(kind.to_do)}</p>",
        f"<h2>Facts in the document</h2><p>{facts}</p>" if facts else "",
        '<p><a href="/problems">All problems</a></p>',
    ]
    return make_page(f"{kind.title}: {NAME}", "\n".join(body))


def make_description_page(title: str, script: str, starter: str, *styles: str) -> str:
    """Return a page on which a script shows the OpenAPI document."""
    return make_page(f"{title}: {NAME}", '<div id="page"></div>', styles=styles, scripts=(script, starter))
