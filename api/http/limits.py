"""Limits of every request, and the header fields of every answer."""

HEADER_FIELDS_MAX = 100
HEADER_BYTES_MAX = 32 * 1024
URL_BYTES_MAX = 16 * 1024
"""Of path and query: twice the longest cursor."""
PARAMETERS_MAX = 100
"""In a query, used or not."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Nothing here is a picture or a script of another page's; fetches under CORS are not subject to it.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    # What is shown in a browser as a page has a policy of its own.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
