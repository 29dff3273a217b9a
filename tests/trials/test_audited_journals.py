"""Real books, imported and then audited: no false alarm in the database, nor in an export, nor where that comes in."""

from pathlib import Path

import pytest

from api.audit.report import Name
from api.exchange.exporting import export_ledger
from api.exchange.import_of_export import import_export
from tests.audited import assert_fine, audited
from tests.importing import office, prepared
from tests.interop.test_journals import every_journal, imported

pytestmark = pytest.mark.timeout(600)


@every_journal
async def test_imported_books_pass_an_audit_and_come_in_elsewhere(journal: Path, tmp_path: Path) -> None:
    url, other = (f"sqlite:///{tmp_path / name}.db" for name in ("first", "second"))
    async with office(await prepared(url)) as books:
        ledger = await books.ledger()
        await imported(books, ledger, journal)
        await books.project()
        await export_ledger(books.journal, ledger, tmp_path / "export", origin="example.com/books")
    report = await audited(url)
    assert_fine(report)
    async with office(await prepared(other)) as books:
        again = await import_export(books.journal, tmp_path / "export")
        await books.project()
    assert again.root == report.root
    assert_fine(await audited(other), unchecked={Name.SIGNATURES, Name.HISTORY})
