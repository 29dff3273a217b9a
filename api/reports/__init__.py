"""Trial balance, balance sheet, income statement and cash flow, as of any pair of dates and sizes."""
