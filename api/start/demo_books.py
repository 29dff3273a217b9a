"""Three years of books of a small company that does not exist, for `make demo`: a coffee roaster with a workshop.

Promise: the same seed and end date give the same entries, byte for byte. Cost: under a second, some 3,500 entries for
three years.

The company is simulated day by day, and entries come out as the bookkeeper recorded them: a bill that arrives late
comes after newer ones, a mistake is reversed later. Income and expenses stay open, so that reports show results.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.start.demo_bookkeeping import (
    HOLIDAYS,
    DemoBooks,
    DemoLine,
    Entry,
    Owed,
    Party,
    Transaction,
    add_vat,
    days,
    format_cents,
    is_working_day,
    make_dollars,
    make_gain_or_loss,
    make_line,
    make_rest,
    make_trade,
    make_vat,
    next_working_day,
    take_share,
    years_before,
)
from api.start.demo_chart import (
    BANK,
    CARDS,
    CASH,
    CENTS,
    DOLLARS,
    FEES,
    INPUT_VAT,
    LOAN,
    MACHINES,
    NET_PAY,
    OUTPUT_VAT,
    PREPAID,
    PROFITS,
    SALARIES,
    SAVINGS,
    SOCIAL,
    STOCK,
    TRADING,
    VAT_DUE,
    WAGE_TAX,
    WORN,
)


def make_demo_entries(*, until: dt.date, seed: int = 2026, years: int = 3) -> Iterator[Entry]:
    """Yield the books from the first of the month `years` before `until`, in the order in which they were recorded.

    Nothing is recorded after `until`; some entries are dated up to 45 days after it.
    """
    start = years_before(until, years).replace(day=1)
    books = DemoBooks(seed, start, until, today=start)
    _opening(books)
    while books.today <= until:
        for action in books.agenda.pop(books.today, ()):
            action()
        for business in _DAILY if is_working_day(books.today) else (_takings, _booked_ahead):
            business(books)
        yield from books.recorded
        books.recorded.clear()
        books.today += days(1)


def _opening(books: DemoBooks) -> None:
    today, dollars = books.today, 900000
    due = today + days(12)
    owed = [Owed(_CUSTOMERS[n], f"RE-OLD-{n}", due, units) for n, units in enumerate((184230, 412650, 267910))]
    owed += [Owed(_SUPPLIERS[n], f"ER-OLD-{n}", due, -units) for n, units in enumerate((176550, 84110, 61200))]
    assets = ((CASH, 30000), (BANK, 4200000), (SAVINGS, 1500000), (STOCK, 940000), (PREPAID, 236500))
    others = ((MACHINES, 5800000), (WORN, -2150000), (VAT_DUE, -214070), (LOAN, -4500000))
    lines = [make_line(account, units) for account, units in (*assets, *others, ("Equity:Share Capital", -2500000))]
    lines += [*make_trade(dollars, books.euros(dollars)), *(one.line(1) for one in owed)]
    books.record(
        "opening", today, "Opening balances", *lines, make_rest("Equity:Opening Balances", lines), kind="opening"
    )
    for one in owed:
        books.later(due, _settle, one)


def _takings(books: DemoBooks) -> None:
    """Record what the till reports at the end of a day: cash and cards, two rates of VAT."""
    today, rng = books.today, books.random("takings")
    if today.weekday() == 6 or (today.month, today.day) in HOLIDAYS:
        return
    percent = _SEASON[today.month] * (100 + 4 * (today.year - books.start.year)) * (130 if today.weekday() == 5 else 94)
    beans, drinks = (take_share(rng.randint(*span), percent, 10**6) for span in ((27000, 46000), (31000, 59000)))
    lines = add_vat(make_line("Income:Shop:Kaffeebohnen", -beans, centre="SHOP"), 7)
    lines += add_vat(make_line("Income:Shop:Getränke", -drinks, centre="SHOP"), 19)
    lines.append(make_line(CASH, take_share(beans + drinks, rng.randint(22, 46), 100)))
    books.record("takings", today, f"Till report {books.next_number('till'):04d}", *lines, make_rest(CARDS, lines))


def _card_payout(books: DemoBooks) -> None:
    """Record that the card company pays out on Wednesdays what it took up to Sunday, less its fee."""
    takings = books.balance(CARDS, effective=books.today - days(3))
    if books.today.weekday() == 2 and takings:
        lines = [
            make_line(CARDS, -takings),
            make_line("Expenses:Card Fees", take_share(takings, 119, 10000), centre="SHOP"),
        ]
        paid = make_rest(BANK, lines, value_date=str(next_working_day(books.today + days(1))))
        books.record("card-payout", books.today, "Card takings", paid, *lines, payee="Kartenkontor Plus")


def _cash(books: DemoBooks) -> None:
    """Count the till on Mondays, and take the cash above 300 euros to the bank."""
    if books.today.weekday() == 0:
        off = books.random("cash").choice((0, 0, 0, 0, 0, 10, -200, 35))
        if off:
            books.record(
                "till-count", books.today, "Till count", make_line(CASH, off), make_line(CENTS, -off, centre="SHOP")
            )
        deposit = (books.balance(CASH) - 30000) // 1000 * 1000
        if deposit > 0:
            lines = [make_line(BANK, deposit), make_line(CASH, -deposit)]
            books.record("cash-deposit", books.today, "Cash to the bank", *lines)


def _receipts(books: DemoBooks) -> None:
    """Record small things bought from the till; every other month a receipt turns up that is months old."""
    rng, late = books.random("receipts"), books.today.month % 2 == 0 and books.is_day(20)
    if late or rng.random() < 0.1:
        what, account, rate = rng.choice(_RECEIPTS)
        lines = add_vat(make_line(account, rng.randint(450, 5200), centre="SHOP"), rate)
        found = max(books.start, books.today - days(rng.randint(35, 85)))
        if late:
            lines.append(make_rest(BANK, lines, text="Paid back to the employee"))
            books.record("late-receipt", found, what, *lines, notes="Found in a coat", tags=["late"])
        else:
            books.record("receipt", books.today, what, *lines, make_rest(CASH, lines))


def _owe(
    books: DemoBooks, event: str, owed: Owed, dated: dt.date, *lines: DemoLine, tags: tuple[str, ...] = ()
) -> Owed:
    """Record an invoice or a bill over these lines: what is owed is their sum."""
    owed = replace(owed, units=make_rest("", list(lines)).units)
    document = {"ref": owed.ref, "date": str(dated), "due": str(owed.due), "party": owed.party.code}
    members = {"payee": owed.party.name, "document": document, **({"tags": list(tags)} if tags else {})}
    what = "Invoice" if owed.units > 0 else "Bill"
    return replace(owed, id=books.record(event, dated, f"{what} {owed.ref}", owed.line(1), *lines, **members))


def _settle(books: DemoBooks, owed: Owed, what: str = "Payment", *tags: str) -> None:
    """Record a payment: a customer forgets some cents now and then; dollars at another rate than booked are a gain or
    loss."""
    rng = books.random("cents")
    event = "customer-payment" if owed.units > 0 else "supplier-payment"
    lines = [owed.line(-1)]
    if owed.dollars:
        event = event.replace("payment", "payment-usd")
        if (short := -owed.dollars + 100000 - books.balance(DOLLARS, "USD")) > 0 > owed.dollars:
            _exchange(books, max(500000, -(-short // 100000) * 100000))
        lines = make_trade(owed.dollars, books.euros(owed.dollars)) + lines
        lines.append(make_gain_or_loss(lines))
    else:
        lines.append(make_line(CENTS, rng.randint(1, 9) if owed.units > 0 and rng.random() < 0.03 else 0))
        lines.insert(0, make_rest(BANK, lines))
    members = {"payee": owed.party.name, "document": {"ref": owed.ref, "party": owed.party.code}}
    books.record(event, books.today, f"{what} {owed.ref}", *lines, **members, **({"tags": list(tags)} if tags else {}))


def _sales(books: DemoBooks) -> None:
    """Sell coffee by the kilo and hours in the workshop; now and then at twice the price, cancelled and written
    anew."""
    rng = books.random("sales")
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 1))):
        customer = rng.choice(_CUSTOMERS)
        kilos, halves, choice = rng.randint(24, 110), rng.randint(4, 44), rng.random()
        sold: list[tuple[DemoLine, int]] = []
        if choice < 0.75:
            quantity = {"amount": str(kilos), "unit": "kg"}
            net = kilos * rng.randrange(1690, 2050, 10)
            sold.append((make_line("Income:Wholesale:Coffee", -net, centre="ROAST", quantity=quantity), 7))
        if choice > 0.55:
            project = {"project": f"WS-{books.today.year}-{books.next_number(f'WS-{books.today.year}'):03d}"}
            facts: Transaction = {"dimensions": project, "text": "Espresso machine, on site"}
            facts["quantity"] = {"amount": f"{halves // 2}.{halves % 2 * 5}", "unit": "h"}
            sold.append((make_line("Income:Workshop:Service Hours", -halves * 4700, centre="WORKSHOP", **facts), 19))
        if rng.random() < 0.04:
            wrong = _invoice(books, customer, [(line._replace(units=2 * line.units), rate) for line, rate in sold])
            books.later(books.today + days(rng.randint(3, 9)), _invoice_anew, books.today, wrong, sold)
        else:
            _await_payment(books, _invoice(books, customer, sold), sold)


def _invoice(books: DemoBooks, customer: Party, sold: list[tuple[DemoLine, int]]) -> Owed:
    year = books.today.year
    ref, due = f"RE-{year}-{books.next_number(f'RE-{year}'):04d}", books.today + days(customer.terms)
    lines = [one for line, rate in sold for one in add_vat(line, rate)]
    return _owe(books, "sales-invoice", Owed(customer, ref, due, 0), books.today, *lines)


def _invoice_anew(books: DemoBooks, dated: dt.date, wrong: Owed, sold: list[tuple[DemoLine, int]]) -> None:
    books.correct(wrong.id, dated, f"Cancels {wrong.ref}: wrong price")
    _await_payment(books, _invoice(books, wrong.party, sold), sold)


def _await_payment(books: DemoBooks, owed: Owed, sold: list[tuple[DemoLine, int]]) -> None:
    rng, due, habit = books.random("payments"), owed.due, owed.party.habit
    if habit == "never" and rng.random() < 0.3:
        books.later(due + days(120), _write_off, owed, sold)
    elif habit == "partial" and rng.random() < 0.6:
        part = replace(owed, units=take_share(owed.units, rng.randint(30, 70), 100))
        books.later(due + days(rng.randint(0, 6)), _settle, part, "Part of", "partial")
        rest = replace(owed, units=owed.units - part.units)
        books.later(due + days(rng.randint(30, 75)), _settle, rest, "Rest of", "partial", "late")
    elif habit == "prompt" or rng.random() < 0.3:
        books.later(due + days(rng.randint(-6, 2)), _settle, owed)
    else:
        books.later(due + days(rng.randint(8, 50)), _settle, owed, "Late payment", "late")


def _write_off(books: DemoBooks, owed: Owed, sold: list[tuple[DemoLine, int]]) -> None:
    """Write an invoice off that will not be paid: the VAT comes back, the rest is a loss."""
    lines = [owed.line(-1), *(make_vat(OUTPUT_VAT, -line.units, rate) for line, rate in sold)]
    members = {"kind": "adjustment", "payee": owed.party.name, "document": {"ref": owed.ref, "party": owed.party.code}}
    lost = make_rest("Expenses:Bad Debts", lines, party=owed.party.code)
    books.record("write-off", books.today, f"Uncollectible: {owed.ref}", *lines, lost, **members)


def _bills(books: DemoBooks) -> None:
    """Plan a month's bills. They arrive days, some weeks after their date; some are typed in with two digits
    swapped."""
    rng, first = books.random("bills"), books.today.replace(day=1)
    if not books.is_day(1):
        return
    for supplier in (*_SUPPLIERS, *([_MACHINE_MAKER] if first.month == 4 else [])):
        for _ in range(supplier.bills_a_month):
            dated, net, mistake = first + days(rng.randint(0, 27)), rng.randint(*supplier.net), 0
            if rng.random() < 0.06:
                mistake = 9000 * rng.randint(1, 3)
            ref = f"{rng.randint(10, 99)}-{supplier.code[2:]}-{books.next_number(supplier.code):03d}"
            arrives = dated + days(rng.choice((0, 1, 1, 2, 3, 4, 6, 9, 25)))
            books.later(arrives, _bill, supplier, ref, dated, net, mistake)


def _bill(books: DemoBooks, supplier: Party, ref: str, dated: dt.date, net: int, mistake: int = 0) -> None:
    rng, facts = books.random("bill"), Transaction(centre=supplier.centre)
    if supplier.account == STOCK:
        facts["quantity"] = {"amount": str(net // 640), "unit": "kg"}
    lines = add_vat(make_line(supplier.account, net + mistake, **facts), supplier.rate)
    owed = _owe(books, "supplier-bill", Owed(supplier, ref, dated + days(supplier.terms), 0), dated, *lines)
    if mistake:
        books.later(books.today + days(rng.randint(2, 15)), _bill_anew, owed, dated, net)
    else:
        books.later(owed.due + days(rng.choice((-2, -1, 0, 0, 0, 0, 9))), _settle, owed)


def _bill_anew(books: DemoBooks, wrong: Owed, dated: dt.date, net: int) -> None:
    books.correct(wrong.id, dated, f"Reverses {wrong.ref}: digits swapped")
    _bill(books, wrong.party, wrong.ref, dated, net)


def _booked_ahead(books: DemoBooks) -> None:
    """Record bills that are dated in the weeks to come, on the last day of the books and that day in other years."""
    if books.today == years_before(books.until, books.until.year - books.today.year):
        for supplier, ahead in ((_INSURER, 30), (_FAIR, 14)):
            net = books.random("ahead").randint(*supplier.net)
            _bill(books, supplier, f"{supplier.code[2:]}-{books.today.year}", books.today + days(ahead), net)


def _dollar_trade(books: DemoBooks) -> None:
    """Export coffee, and import raw coffee, in dollars, every month."""
    rng, today = books.random("dollars"), books.today
    for day, party, prefix, sign in ((12, _IMPORTER, "EX", 1), (18, _PLANTATION, "FTN", -1)):
        if books.is_day(day):
            dollars, due = rng.randint(*party.net), today + days(party.terms)
            ref = f"{prefix}-{today.year}-{today.month:02d}"
            facts: Transaction = {"quantity": {"amount": str(dollars // (1500 if sign > 0 else 690)), "unit": "kg"}}
            facts |= {"original": make_dollars(-sign * dollars), "centre": "ROAST"}
            if sign > 0:
                facts["tax"] = {"code": "EXPORT", "base": format_cents(-books.euros(dollars))}
            line = make_line(party.account, -sign * books.euros(dollars), **facts)
            event, tag = ("export-invoice", "export") if sign > 0 else ("import-bill", "import")
            owed = _owe(books, event, Owed(party, ref, due, 0, sign * dollars), today, line, tags=(tag,))
            books.later(due + days(rng.randint(0, 14) if sign > 0 else 0), _settle, owed)


def _exchange(books: DemoBooks, dollars: int) -> None:
    """Buy dollars, or sell them where negative; the bank takes half a percent and a fee."""
    lines = [
        *make_trade(dollars, take_share(books.euros(dollars), 200 + (1 if dollars > 0 else -1), 200)),
        make_line(FEES, 1200),
    ]
    what = "Dollars bought" if dollars > 0 else "Dollars sold"
    books.record("exchange", books.today, what, *lines, make_rest(BANK, lines))


def _payroll(books: DemoBooks) -> None:
    if books.is_day(24):
        for code, centre, base, hours in _EMPLOYEES:
            gross = take_share(base, 100 + 3 * (books.today.year - books.start.year), 100)
            gross *= 2 if books.today.month == 11 else 1
            quantity = {"amount": str(hours), "unit": "h"}
            employer = take_share(gross, 21, 100)
            lines = [
                make_line(SALARIES, gross, centre=centre, party=code, quantity=quantity),
                make_line("Expenses:Wages:Employer Social Security", employer, centre=centre, party=code),
                make_line(WAGE_TAX, -take_share(gross, 17 if base > 300000 else 11, 100)),
                make_line(SOCIAL, -employer - take_share(gross, 205, 1000)),
            ]
            text = f"Salary {books.today:%Y-%m} {code}"
            books.record("salary", books.today, text, *lines, make_rest(NET_PAY, lines, party=code))
    if books.is_day(25):
        _pay_off(books, "net-pay", NET_PAY, "Salaries")
        _pay_off(books, "social-security", SOCIAL, "Social security", payee="Krankenkasse Ahornfurt")
    if books.is_day(10):
        _pay_off(books, "wage-tax", WAGE_TAX, "Wage tax", payee="Finanzamt Ahornfurt")


def _pay_off(books: DemoBooks, event: str, account: str, text: str, **members: str) -> None:
    """Pay all that is owed on a liability; where the state owes us, it pays."""
    if owed := books.balance(account):
        books.record(event, books.today, text, make_line(account, -owed), make_line(BANK, owed), **members)


def _taxes(books: DemoBooks) -> None:
    """Declare the month before on the 8th and pay on the 10th; prepay income taxes by the quarter."""
    today = books.today
    if books.is_day(8):
        end = books.month_end()
        lines = [make_line(account, -books.balance(account, effective=end)) for account in _VAT_ACCOUNTS]
        if any(line.units for line in lines):
            due = str(next_working_day(today.replace(day=10)))
            books.record("vat-settlement", end, f"VAT {end:%Y-%m}", *lines, make_rest(VAT_DUE, lines, due=due))
    if books.is_day(10):
        _pay_off(books, "vat-payment", VAT_DUE, "VAT", payee="Finanzamt Ahornfurt")
        tax, units = (("Körperschaftsteuer", 60000), ("", 0), ("Gewerbesteuer", 45000))[today.month % 3]
        if tax:
            books.record("income-tax", today, tax, make_line(f"Expenses:Taxes:{tax}", units), make_line(BANK, -units))


def _bank(books: DemoBooks) -> None:
    """Record standing orders, the loan, and money moved between the accounts."""
    today = books.today

    def paid(event: str, date: dt.date, text: str, *lines: DemoLine, **members: Any) -> None:
        books.record(event, date, text, *lines, make_rest(BANK, list(lines)), **members)

    if books.is_day(25):  # the standing order for the coming month
        rent = make_line("Expenses:Premises:Ladenmiete", 265000, centre="SHOP")
        paid("rent", (today.replace(day=1) + days(31)).replace(day=1), "Rent", rent, payee="Hausverwaltung Erkerblick")
    if books.is_day(5):
        paid("bank-fee", today, "Account fees", make_line(FEES, 1890))
    if books.is_day(22):
        debt = -books.balance(LOAN)
        lines = make_line(LOAN, min(debt, 85000)), make_line("Expenses:Interest", take_share(debt, 39, 12000))
        if debt:
            paid("loan", today, "Loan instalment", *lines, payee="Hausbank Ahornfurt")
    if books.is_day(2) and today.month % 3 == 1:
        interest = make_line("Income:Interest", -take_share(books.balance(SAVINGS), 1, 200))
        books.record("interest", today, "Interest", interest, make_rest(SAVINGS, [interest]))
    balance, saved = books.balance(BANK), books.balance(SAVINGS)
    if balance < 1500000 and saved >= 1000000:
        paid("transfer", today, "From savings", make_line(SAVINGS, -1000000))
    elif balance < 1200000:
        paid("loan", today, "Loan increased", make_line(LOAN, -2000000), payee="Hausbank Ahornfurt")
    elif balance > 6000000 and books.is_day(15):
        paid("transfer", today, "To savings", make_line(SAVINGS, 2000000))
    if books.is_day(16) and books.balance(DOLLARS, "USD") > 1200000:
        _exchange(books, -500000)
    if books.is_day(15) and today.month == 6 and (spare := balance + saved - 6000000) > 400000:
        paid("dividend", today, "Dividend", make_line(PROFITS, spare // 400000 * 200000))


def _month_end(books: DemoBooks) -> None:
    """Record on the 3rd for the month before: coffee used, machines worn, insurance used up."""
    end = books.month_end()
    if not books.is_day(3) or end < books.start:
        return
    used = take_share(books.balance(STOCK, effective=end), 58, 100)
    worn = take_share(books.balance(MACHINES, effective=end), 1, 96)
    insured = min(books.balance(PREPAID, effective=end), 21500)
    quantity = {"amount": str(used // 650), "unit": "kg"}
    for event, text, line, account in (
        ("coffee-used", "Coffee used", make_line("Expenses:Materials:Green Coffee", used, quantity=quantity), STOCK),
        ("depreciation", "Depreciation", make_line("Expenses:Depreciation", worn, centre="ROAST"), WORN),
        ("insurance", "Insurance of the month", make_line("Expenses:Insurance", insured), PREPAID),
    ):
        if line.units:
            books.record(event, end, f"{text} {end:%Y-%m}", line, make_rest(account, [line]), kind="adjustment")


def _year_end(books: DemoBooks) -> None:
    """Record in January for December 31: the stock is counted, the dollars valued at the rate of the day."""
    end = books.month_end()
    if books.today.month != 1 or not books.is_day(14) or end < books.start:
        return
    off = make_line(
        STOCK, take_share(books.balance(STOCK, effective=end), books.random("count").randint(-30, 10), 1000)
    )
    if off.units:
        used = make_rest("Expenses:Materials:Green Coffee", [off])
        books.record("stock-count", end, f"Stock count {end.year}", off, used, kind="adjustment")
    worth = books.euros(books.balance(DOLLARS, "USD", effective=end), end)
    lines = [make_line(TRADING, worth - books.balance(TRADING, effective=end))]
    if lines[0].units:
        text = f"Dollars at the rate of {end}"
        books.record("revaluation", end, text, *lines, make_gain_or_loss(lines), kind="revaluation")


_DAILY = (
    *(_takings, _card_payout, _cash, _receipts, _sales, _bills, _dollar_trade, _payroll),
    *(_month_end, _taxes, _bank, _year_end, _booked_ahead),
)
_VAT_ACCOUNTS = (*OUTPUT_VAT.values(), *INPUT_VAT.values())
_CUSTOMERS = (
    Party("C-1001", "Bistro Siebenpunkt", 14, "prompt"),
    Party("C-1002", "Hotel Nebelkrone", 30, "late"),
    Party("C-1003", "Kantine Tannhof Süd", 30, "prompt"),
    Party("C-1004", "Bäckerei Rübenblatt", 14, "prompt"),
    Party("C-1005", "Café Zwölf Uhr Dreizehn", 21, "partial"),
    Party("C-1006", "Feinkost Möwenstein", 30, "prompt"),
    Party("C-1007", "Kino Halbmond 4", 30, "late"),
    Party("C-1008", "Pension Wolkenbruch", 14, "never"),
    Party("C-1009", "Agentur Quittenblau", 21, "prompt"),
)
_SUPPLIERS = (
    Party("S-7001", "Kontor Grünbohne", 30, "", STOCK, (130000, 210000), 7, 2, "ROAST"),
    Party("S-7002", "Tütenwerk Falter", 21, "", "Expenses:Materials:Packaging", (24000, 62000), 19, 1, "ROAST"),
    Party("S-7003", "Molkerei Glockenwiese", 10, "", "Expenses:Materials:Milk & Snacks", (36000, 68000), 7, 2, "SHOP"),
    Party("S-7004", "Ventil & Ring", 30, "", "Expenses:Materials:Spare Parts", (14000, 88000), 19, 1, "WORKSHOP"),
    Party("S-7005", "Stadtwerke Ahornfurt", 14, "", "Expenses:Premises:Strom & Gas", (52000, 96000), 19),
    Party("S-7006", "Fernruf Ahornfurt", 14, "", "Expenses:Telephone & Internet", (8900, 10400), 19),
    Party("S-7007", "Wolkenkasse Software", 14, "", "Expenses:Software", (14900, 18900), 19),
    Party("S-7008", "Kanzlei Paragraf & Komma", 14, "", "Expenses:Steuerberatung", (32000, 46000), 19),
    Party("S-7009", "Werbebüro Lautmaler", 21, "", "Expenses:Marketing", (15000, 52000), 19, 1, "SHOP"),
    Party("S-7010", "Rollgut Spedition", 14, "", "Expenses:Freight & Customs", (16000, 39000), 19, 1, "ROAST"),
    Party("S-7011", "Handwerk Schraubenkönig", 14, "", "Expenses:Repairs", (8000, 42000), 19, 1, "WORKSHOP"),
    Party("S-7012", "Mobil & Fern Leasing", 10, "", "Expenses:Vehicle:Leasing", (38900, 38900), 19),
)
_MACHINE_MAKER = Party("S-7020", "Trommelröster Eichtal", 30, "", MACHINES, (950000, 1600000), 19, 1, "ROAST")
_INSURER = Party("S-7030", "Wetterhahn Versicherung", 14, "", PREPAID, (238000, 276000))
_FAIR = Party("S-7031", "Messe Bohne & Becher", 26, "", "Expenses:Marketing", (120000, 160000), 19, 1, "SHOP")
_IMPORTER = Party("C-2001", "Blue Otter Coffee Imports Inc.", 30, "", "Income:Export:Coffee", (280000, 460000))
_PLANTATION = Party("S-8001", "Finca Tres Nubes Export", 45, "", STOCK, (320000, 540000))
_EMPLOYEES = (
    *(("E-01", "ADMIN", 375000, 160), ("E-02", "ROAST", 315000, 160), ("E-03", "WORKSHOP", 330000, 160)),
    *(("E-04", "SHOP", 238000, 130), ("E-05", "SHOP", 172000, 90)),
)
_RECEIPTS = (
    *(("Stamps and paper", "Expenses:Büromaterial", 19), ("Flowers for the counter", "Expenses:Marketing", 7)),
    *(("Train ticket", "Expenses:Travel", 7), ("Tools and screws", "Expenses:Repairs", 19)),
)
_SEASON = (0, 92, 94, 98, 100, 98, 92, 86, 88, 100, 106, 118, 136)
"""Sales of a month, in percent of April's."""
