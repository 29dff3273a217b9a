"""The chart of accounts of the demo's company. Its transactions are in `api.start.demo_books`."""

from dataclasses import dataclass

from ledger.accounts import infer_type


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo's chart. Without currencies it takes any."""

    path: str
    type: str
    role: str | None = None
    number: str | None = None
    label: str | None = None
    currencies: tuple[str, ...] | None = None


CASH, BANK, SAVINGS = "Assets:Cash:Ladenkasse", "Assets:Bank:Geschäftskonto", "Assets:Bank:Tagesgeld"
DOLLARS, TRADING = "Assets:Bank:USD Account", "Equity:Currency Trading"
CUSTOMERS, CARDS = "Assets:Receivable:Customers", "Assets:Receivable:Card Clearing"
STOCK, PREPAID = "Assets:Stock:Green Coffee", "Assets:Prepaid Expenses"
MACHINES, WORN = "Assets:Equipment:Röster & Maschinen", "Assets:Equipment:Accumulated Depreciation"
SUPPLIERS, LOAN, VAT_DUE = "Liabilities:Payable:Suppliers", "Liabilities:Loan:Hausbank", "Liabilities:VAT:Vorauszahlung"
NET_PAY, WAGE_TAX = "Liabilities:Wages:Net Pay", "Liabilities:Wages:Lohnsteuer"
SOCIAL, SALARIES = "Liabilities:Wages:Sozialversicherung", "Expenses:Wages:Salaries"
PROFITS, CENTS, FEES = "Equity:Retained Earnings", "Expenses:Rundungsdifferenzen", "Expenses:Bank Fees"
GAINS, LOSSES = "Income:Currency Gains", "Expenses:Currency Losses"
OUTPUT_VAT = {19: "Liabilities:VAT:Umsatzsteuer 19 %", 7: "Liabilities:VAT:Umsatzsteuer 7 %"}
INPUT_VAT = {19: "Assets:VAT:Vorsteuer 19 %", 7: "Assets:VAT:Vorsteuer 7 %"}
FLOORS = {BANK: "-10000.00", CASH: "0.00"}
"""Lowest balances in euros: the bank grants an overdraft, and nobody can take more out of the till than is in it."""
# number | role | currencies | path | label
_CHART = """
1600 | cash | EUR | Assets:Cash:Ladenkasse | Till of the shop
1800 | bank | EUR | Assets:Bank:Geschäftskonto | Current account
1810 | bank | EUR | Assets:Bank:Tagesgeld | Savings
1820 | bank | USD | Assets:Bank:USD Account | Dollar account
1200 | receivable || Assets:Receivable:Customers |
1370 || EUR | Assets:Receivable:Card Clearing | Card takings on their way to the bank
1140 ||| Assets:Stock:Green Coffee |
1900 ||| Assets:Prepaid Expenses |
1406 | tax | EUR | Assets:VAT:Vorsteuer 19 % | VAT paid to suppliers, 19 %
1401 | tax | EUR | Assets:VAT:Vorsteuer 7 % | VAT paid to suppliers, 7 %
0440 ||| Assets:Equipment:Röster & Maschinen |
0449 ||| Assets:Equipment:Accumulated Depreciation |
3300 | payable || Liabilities:Payable:Suppliers |
3806 | tax | EUR | Liabilities:VAT:Umsatzsteuer 19 % | VAT on sales, 19 %
3801 | tax | EUR | Liabilities:VAT:Umsatzsteuer 7 % | VAT on sales, 7 %
3820 | tax | EUR | Liabilities:VAT:Vorauszahlung | VAT to be paid on the 10th
3720 ||| Liabilities:Wages:Net Pay |
3730 ||| Liabilities:Wages:Lohnsteuer | Wage tax
3740 ||| Liabilities:Wages:Sozialversicherung | Social security
3150 || EUR | Liabilities:Loan:Hausbank |
2900 ||| Equity:Share Capital |
2970 | retained_earnings || Equity:Retained Earnings |
9000 ||| Equity:Opening Balances |
1460 | fx || Equity:Currency Trading | Where currencies meet
4300 ||| Income:Shop:Kaffeebohnen | Beans over the counter, 7 % VAT
4400 ||| Income:Shop:Getränke | Drinks over the counter, 19 % VAT
4310 ||| Income:Wholesale:Coffee |
4410 ||| Income:Workshop:Service Hours | Repairs of espresso machines
4120 ||| Income:Export:Coffee | Free of VAT
4840 ||| Income:Currency Gains |
7100 ||| Income:Interest |
5100 ||| Expenses:Materials:Green Coffee |
5200 ||| Expenses:Materials:Packaging |
5210 ||| Expenses:Materials:Milk & Snacks |
5300 ||| Expenses:Materials:Spare Parts |
5800 ||| Expenses:Freight & Customs |
6020 ||| Expenses:Wages:Salaries |
6110 ||| Expenses:Wages:Employer Social Security |
6220 ||| Expenses:Depreciation |
6310 ||| Expenses:Premises:Ladenmiete | Rent
6325 ||| Expenses:Premises:Strom & Gas |
6400 ||| Expenses:Insurance |
6470 ||| Expenses:Repairs |
6560 ||| Expenses:Vehicle:Leasing |
6600 ||| Expenses:Marketing |
6650 ||| Expenses:Travel |
6805 ||| Expenses:Telephone & Internet |
6815 ||| Expenses:Büromaterial | Office supplies
6827 ||| Expenses:Steuerberatung | Tax adviser
6837 ||| Expenses:Software |
6855 ||| Expenses:Bank Fees |
6856 ||| Expenses:Card Fees |
6880 ||| Expenses:Currency Losses |
6930 ||| Expenses:Bad Debts |
6960 | rounding || Expenses:Rundungsdifferenzen | Cents that were never paid, and the till's
7310 ||| Expenses:Interest |
7600 ||| Expenses:Taxes:Körperschaftsteuer | Corporation tax
7610 ||| Expenses:Taxes:Gewerbesteuer | Trade tax
"""


def list_demo_accounts() -> list[DemoAccount]:
    """Return the chart of accounts that `make_demo_entries` posts to."""
    accounts = []
    for row in _CHART.strip().splitlines():
        number, role, currencies, path, label = (cell.strip() or None for cell in row.split("|"))
        assert path
        type_ = infer_type(path)
        assert type_
        codes = tuple(currencies.split()) if currencies else None
        accounts.append(DemoAccount(path, type_.value, role, number, label, codes))
    return accounts
