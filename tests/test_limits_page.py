"""`docs/limits.md` says what the code does, and each of its rows is tried by a test that goes over the limit."""

import re
import sys
from pathlib import Path

import pytest

import api
from api import serving
from api.auth import passwords, tokens
from api.documents import balances, changes, dashboard, figures, past, results, shared
from api.errors import FAULTS_MAX
from api.http import parameters, protocol, receiving
from api.http.dependencies import CURSOR_LENGTH_MAX
from api.http.limits import HEADER_BYTES_MAX, HEADER_FIELDS_MAX, PARAMETERS_MAX, URL_BYTES_MAX
from api.processes import body_limits, body_process, children, long_work
from api.routes import auth as auth_routes
from api.routes import events, transactions
from api.settings import Settings
from api.shapes import bulk, strict_json, values
from api.shapes import transactions as transaction_shapes
from ledger import accounts, errors, money, sequencer
from ledger import transactions as ledger_transactions
from ledger.store import connections, journal

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/limits.md").read_text()


def number(count: float) -> str:
    return f"{count:,.0f}"


def octets(count: int) -> str:
    for unit, size in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if count % size == 0:
            return f"{count // size} {unit}"
    return f"{number(count)} bytes"


def seconds(count: float) -> str:
    return f"{count:g} s"


def characters(count: int) -> str:
    return f"{number(count)} characters"


def setting(name: str) -> str:
    default = Settings.model_fields[name].default
    return number(default) if isinstance(default, int) else f"`{default}`"


PROGRESS = f"{number(protocol.MOVED_BYTES_MIN)} bytes in {seconds(protocol.PATIENCE_SECONDS)}"
CONNECTIONS, RAW, LIMITS, HEADERS = (
    f"http/test_{name}.py" for name in ("connections", "raw_http", "limits", "headers")
)
OVER, LONG, MANY = (f"http/test_{name}.py" for name in ("over_limits", "long_work", "many_ledgers"))
BODIES, LONG_BODIES = "http/test_hostile_bodies.py", "http/test_long_bodies.py"
OVER_REQUESTS, OVER_VALUES = "trials/over_requests.py", "trials/over_values.py"
"""Cases of `trials/test_hostile.py`."""
PROCESSES = "trials/test_processes.py"
REPORTS = "http/test_reports.py::test_too_much_is_refused_rather_than_guessed"
WAITED = f"{LONG}::test_one_user_gets_so_many_at_once_and_the_others_are_told_to_wait"
UNDER_WAY = f"{LONG_BODIES}::test_bodies_under_way_have_a_limit_together_and_for_each_user"
WAITING = f"{LONG_BODIES}::test_so_many_long_bodies_wait_and_no_more"
IN_A_BULK = "test_a_bulk_has_so_many_commands_and_postings"

ROWS: dict[str, tuple[str, str]] = {
    "connections of a process": (
        f"{number(protocol.CONNECTIONS_MAX)}, or half of the files that it may open",
        f"{CONNECTIONS}::test_whoever_asks_nothing_makes_room_for_whoever_does",
    ),
    "connections that get this 503 at once": (
        number(protocol.REFUSED_MAX),
        f"{CONNECTIONS}::test_where_all_are_busy_a_new_caller_is_told_so",
    ),
    "time to send request line and headers": (
        seconds(protocol.PATIENCE_SECONDS),
        f"{CONNECTIONS}::test_half_a_head_is_not_waited_for",
    ),
    "progress of a body": (PROGRESS, f"{CONNECTIONS}::test_a_body_that_does_not_get_on_is_not_waited_for"),
    "progress of reading an answer": (
        PROGRESS,
        f"{CONNECTIONS}::test_answers_that_nobody_takes_are_given_up",
    ),
    "time without a request after an answer": (
        seconds(serving.KEEP_ALIVE_SECONDS),
        f"{CONNECTIONS}::test_a_connection_that_was_used_is_closed_after_a_while",
    ),
    "request line and headers": (
        octets(protocol.HEAD_BYTES_MAX),
        f"{LIMITS}::test_a_head_without_an_end_is_cut",
    ),
    "trailers, or one chunk's extension": (
        octets(protocol.HEAD_BYTES_MAX),
        f"{RAW}::test_what_surrounds_a_body_has_a_limit_as_a_head_has",
    ),
    "header fields": (
        f"{number(HEADER_FIELDS_MAX)}, of {octets(HEADER_BYTES_MAX)} together",
        f"{LIMITS}::test_headers_have_a_limit",
    ),
    "path and query": (octets(URL_BYTES_MAX), f"{BODIES}::test_a_url_has_a_length"),
    "query parameters": (number(PARAMETERS_MAX), f"{BODIES}::test_a_query_has_so_many_parameters"),
    "requests sent before the answer to the first": (
        octets(protocol.UNPARSED_BYTES_MAX),
        f"{RAW}::test_whoever_sends_faster_than_it_is_answered_takes_no_more_memory",
    ),
    "body that a caller still sends after the answer": (
        octets(protocol.UNREAD_BYTES_MAX),
        f"{RAW}::test_of_a_body_that_nobody_reads_so_much_is_thrown_away",
    ),
    "time to finish requests when the server stops": (
        seconds(children.SHUTDOWN_SECONDS),
        f"{PROCESSES}::test_what_was_asked_before_is_answered_when_the_first_process_is_killed",
    ),
    "a transaction or a bulk": (octets(receiving.BODY_BYTES_MAX), f"{OVER_REQUESTS}::body"),
    "a line of a stream of commands": (
        octets(receiving.LINE_BYTES_MAX),
        f"{LONG_BODIES}::test_a_line_has_a_length",
    ),
    "a username and password": (
        octets(auth_routes.CREDENTIALS_BYTES_MAX),
        f"{LIMITS}::test_credentials_have_a_limit_of_their_own",
    ),
    "any other body": (
        octets(receiving.SHORT_BODY_BYTES_MAX),
        f"{LONG_BODIES}::test_what_is_no_transaction_and_no_bulk_is_short",
    ),
    "bodies in progress in a process": (octets(body_limits.BYTES_MAX), UNDER_WAY),
    "bodies in progress of one user": (octets(body_limits.USER_BYTES_MAX), UNDER_WAY),
    "bodies over 1 MiB that are read at once": (str(long_work.BODIES_AT_ONCE), WAITING),
    "bodies over 1 MiB that wait to be read": (str(long_work.WAITING_MAX), WAITING),
    "lists and objects in a body over 1 MiB": (
        f"1 for each {receiving.CONTAINER_BYTES_MIN} bytes",
        f"{LONG_BODIES}::test_a_long_body_is_no_heap_of_empty_objects",
    ),
    "commands of a bulk": (number(bulk.COMMANDS_MAX), f"{LONG_BODIES}::{IN_A_BULK}"),
    "postings of a bulk": (number(bulk.POSTINGS_MAX), f"{LONG_BODIES}::{IN_A_BULK}"),
    "nesting of JSON": ("some 900 levels", f"{BODIES}::test_no_depth_of_anything_is_an_error_of_ours"),
    "an integer in JSON": (f"{number(sys.get_int_max_str_digits())} digits", f"{OVER_REQUESTS}::integer"),
    "unknown members that an error names": (
        str(values.UNKNOWN_MEMBERS_MAX),
        f"{BODIES}::test_unknown_members_are_all_named_or_the_first_one",
    ),
    "faults that an error names": (
        f"{FAULTS_MAX}, and {bulk.FAULTS_MAX} of a command in a bulk",
        f"{OVER_REQUESTS}::faults",
    ),
    "a value that an error repeats": (
        f"{errors.SHOWN_LENGTH_MAX} characters",
        f"{BODIES}::test_a_refusal_repeats_little_of_what_was_sent",
    ),
    "postings of a transaction": (
        f"{ledger_transactions.POSTINGS_MIN} to {number(ledger_transactions.POSTINGS_MAX)}",
        f"{OVER_VALUES}::postings",
    ),
    "dimensions of a posting": (str(transaction_shapes.DIMENSIONS_MAX), f"{BODIES}::test_dimensions_have_a_number"),
    "tags of a transaction": (str(transaction_shapes.TAGS_MAX), f"{OVER_VALUES}::tags"),
    "hashes of a document": (str(transaction_shapes.HASHES_MAX), f"{OVER_VALUES}::hashes"),
    "currencies of an account": (str(accounts.CURRENCIES_MAX), f"{OVER_VALUES}::currencies"),
    "metadata": (
        f"{number(values.METADATA_BYTES_MAX)} bytes as JSON",
        f"{BODIES}::test_long_metadata_is_refused_by_its_length",
    ),
    "nesting of metadata": (f"{strict_json.NESTED_MAX} levels", f"{BODIES}::test_metadata_is_nested_up_to_a_limit"),
    "description, payee, text of a posting, label": (characters(values.LINE_LENGTH_MAX), f"{OVER_VALUES}::texts"),
    "notes": (characters(values.PROSE_LENGTH_MAX), f"{OVER_VALUES}::notes"),
    "reference of a document": (characters(values.REFERENCE_LENGTH_MAX), f"{OVER_VALUES}::reference"),
    "tag, party, tax code, unit, dimension": (characters(values.CODE_LENGTH_MAX), f"{OVER_VALUES}::codes"),
    "path of an account": (
        f"{characters(accounts.PATH_LENGTH_MAX)}, {accounts.DEPTH_MAX} segments of {accounts.SEGMENT_LENGTH_MAX}",
        f"{OVER_VALUES}::paths",
    ),
    "amount": (f"{money.DIGITS_MAX} digits, {money.SCALE_MAX} of them after the point", f"{OVER_VALUES}::amount"),
    "idempotency key": (characters(values.KEY_LENGTH_MAX), f"{OVER_VALUES}::key"),
    "username, password": (
        f"3 to 31 characters, {passwords.LENGTH_MIN} to {passwords.LENGTH_MAX}",
        f"{OVER_VALUES}::username",
    ),
    "`text=`": (characters(transactions.TEXT_LENGTH_MAX), f"{OVER_VALUES}::text"),
    "entries of a page (`limit`)": (number(parameters.LIMIT_MAX), f"{OVER}::test_a_page_has_a_limit"),
    "bodies of the records or transactions of a page": (
        octets(journal.PAGE_BYTES_MAX),
        "http/test_large_records.py::test_pages_of_large_records_are_shorter_and_nothing_is_missing",
    ),
    "records that a page of the log with filters reads": (
        number(events.SCANNED_MAX),
        f"{OVER}::test_a_page_with_filters_ends_where_it_has_looked_at_enough",
    ),
    "a cursor": (f"{number(CURSOR_LENGTH_MAX)} characters", f"{OVER_VALUES}::cursor"),
    "metadata filters": (
        number(transactions.METADATA_FILTERS_MAX),
        f"{BODIES}::test_filters_by_metadata_have_a_number",
    ),
    "waiting for `min_size` (`timeout`)": (
        seconds(parameters.TIMEOUT_SECONDS_MAX),
        f"{OVER_VALUES}::timeout",
    ),
    "dashboards of the past at once": (
        f"{long_work.PAST_AT_ONCE}, and {long_work.PAST_EACH} of a user",
        WAITED,
    ),
    "records of a dashboard of the past": (
        number(past.RECORDS_MAX),
        "http/test_as_known.py::test_too_long_a_past_is_refused_and_an_unchanged_one_not_sent_again",
    ),
    "temporary file of a dashboard of the past": (
        octets(past.FILE_BYTES_MAX),
        f"{OVER}::test_the_file_of_a_dashboard_of_the_past_has_a_limit",
    ),
    "accounts of a dashboard": (number(dashboard.ACCOUNTS_MAX), f"{OVER}::test_charts_have_a_limit_in_one_document"),
    "newest transactions on a dashboard": (
        octets(dashboard.RECORDS_BYTES_MAX),
        f"{OVER}::test_a_dashboard_shows_fewer_transactions_where_they_are_long",
    ),
    "lists of changes at once": (f"{long_work.CHANGES_AT_ONCE}, and {long_work.CHANGES_EACH} of a user", WAITED),
    "records between the two sizes of a list of changes": (
        number(changes.RECORDS_MAX),
        "http/test_changes.py::test_sizes_out_of_order_or_ahead_are_refused",
    ),
    "accounts and currencies of a list of changes": (
        number(changes.ACCOUNTS_MAX),
        f"{OVER}::test_charts_have_a_limit_in_one_document",
    ),
    "reports at once": (number(long_work.REPORTS_AT_ONCE), f"{OVER}::test_reports_wait_for_their_turn"),
    "accounts of a report": (number(figures.ACCOUNTS_MAX), f"{OVER}::test_charts_have_a_limit_in_one_document"),
    "lines of opening entries or closings of a report": (
        number(figures.KIND_LINES_MAX),
        "http/test_reports.py::test_too_many_closings_or_openings_are_refused",
    ),
    "lines with cash of a report": (number(figures.LINES_MAX), REPORTS),
    "balances on the days of closings of a report": (
        number(results.BALANCES_MAX),
        "http/test_reports.py::test_too_many_closings_or_openings_are_refused",
    ),
    "records read to find the roles of a report's accounts": (number(figures.RECORDS_MAX), REPORTS),
    "callers that wait for a turn": (
        f"{long_work.WAITING_MAX} of each kind, {long_work.REPORTS_WAITING_MAX} for reports",
        "http/test_turns.py::test_more_than_may_wait_are_refused",
    ),
    "documents that a process keeps for the next caller": (
        f"{octets(shared.KEPT_BYTES_MAX)}, of {octets(shared.DOCUMENT_BYTES_MAX)} each",
        "http/test_shared_documents.py::test_so_many_bytes_are_kept_and_those_that_were_asked_for_last",
    ),
    "time for a dashboard of the past, changes or a report": (
        seconds(long_work.LONG_SECONDS_MAX),
        f"{LONG}::test_what_takes_too_long_is_given_up",
    ),
    "balances rolled up by `depth`": (
        number(balances.ROLLED_UP_MAX),
        f"{OVER}::test_charts_have_a_limit_in_one_document",
    ),
    "followers of logs, and streams of whole logs": (
        f"{long_work.STREAMS_AT_ONCE}, and {long_work.STREAMS_EACH} of a user",
        f"{LONG}::test_followers_and_streams_have_a_limit_of_a_user_and_of_all",
    ),
    "time of a follower": (seconds(events.FOLLOW_SECONDS_MAX), f"{OVER}::test_a_follower_is_let_go_after_a_while"),
    "failed sign-ins as one user from one address": (
        setting("sign_in_limit"),
        f"{LIMITS}::test_after_some_failures_an_address_must_wait_with_this_name",
    ),
    "failed sign-ins from one address": (
        setting("sign_in_address_limit"),
        f"{LIMITS}::test_an_address_that_tries_many_names_must_wait",
    ),
    "failed sign-ins as one user from new addresses": (
        setting("sign_in_user_limit"),
        f"{LIMITS}::test_who_hammers_at_a_name_from_many_places_does_not_lock_its_owner_out",
    ),
    "registrations from one address": (
        setting("registration_limit"),
        f"{LIMITS}::test_an_address_registers_so_many_users",
    ),
    "passwords computed at once": (number(passwords.AT_ONCE_MAX), f"{OVER}::test_more_passwords_than_may_wait"),
    "passwords that wait to be computed": (
        number(passwords.WAITING_MAX),
        f"{OVER}::test_more_passwords_than_may_wait",
    ),
    "ledgers that a user owns": (
        setting("ledgers_per_user"),
        f"{MANY}::test_a_user_owns_so_many_ledgers_and_no_more",
    ),
    "tokens of a user for a ledger": (number(tokens.LIVE_TOKENS_MAX), f"{OVER}::test_tokens_have_a_limit"),
    "commands that wait for a ledger": (
        number(sequencer.QUEUE_COMMANDS_MAX),
        "contract/test_sequencer.py::test_a_full_queue_refuses_and_a_bulk_larger_than_the_queue_still_fits",
    ),
    "time to repeat a command while the database fails": (
        seconds(sequencer.PATIENCE_SECONDS),
        "contract/test_failures.py::test_a_lock_that_is_not_got_is_waited_for_as_long_as_patience_lasts",
    ),
    "connections to the database of a process": (
        f"{connections.POOL_SIZE} for each of reading, look-ups and writing",
        "contract/test_unavailable.py::test_no_connection_left_for_long_is_said_so",
    ),
    "silence of a child process of `serve`": (
        seconds(children.SILENCE_SECONDS),
        f"{PROCESSES}::test_a_child_that_is_silent_is_replaced",
    ),
    "pause before a child process that never answered is started again": (
        seconds(children.PAUSE_SECONDS_MAX),
        f"{PROCESSES}::test_a_server_that_never_answered_gives_up_when_its_child_ends",
    ),
    "time for a child process to stop": (
        seconds(children.SHUTDOWN_SECONDS + children.GOODBYE_SECONDS),
        f"{PROCESSES}::test_a_signal_to_the_first_process_ends_all_of_them",
    ),
}
"""What the page must say of each limit, and the test that goes over it."""


def rows_of_the_page() -> dict[str, str]:
    """The limit by what is limited."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")
    ]
    return {what: limit for what, limit, *_ in cells if what != "what" and set(what) != {"-"}}


def test_the_page_has_these_limits_and_no_others() -> None:
    of_this_test = {what: limit for what, (limit, _) in ROWS.items()}
    assert {what: limit for what, limit in rows_of_the_page().items() if what in ROWS} == of_this_test


@pytest.mark.parametrize("what", rows_of_the_page())
def test_each_limit_is_tried_by_a_test(what: str) -> None:
    assert what in ROWS, "say here what the code does, and which test goes over it"
    file, _, name = ROWS[what][1].partition("::")
    source = (ROOT / "tests" / file).read_text()
    assert re.search(rf"def {name}\(", source), f"{name} is not in {file}"


def test_each_constant_of_these_modules_is_on_the_page() -> None:
    """A new one has a row, or a reason to have none."""
    source = Path(__file__).read_text()
    none = {
        "LINGER_SECONDS": "before a connection is closed",
        "LOOK_SECONDS": "in the text of the page",
        "SLICE_SECONDS": "in the text of the page",
        "SWITCH_SECONDS": "of the interpreter",
        "WAIT_SECONDS": "with each row of a turn",
        "SLICE_BYTES": "of the parser",
        "REPORTS_EACH": "as many as at once",
        "BODIES_EACH": "of the process beside",
        "BODY_WAIT_SECONDS": "of the process beside",
    }
    for module in (protocol, long_work, past, changes):
        assert module.__file__ is not None and Path(api.__file__).parent in Path(module.__file__).parents
        code = Path(module.__file__).read_text()
        for names in re.findall(r"^([A-Z_]+(?:, [A-Z_]+)*)(?: *:.*?)? = ", code, re.MULTILINE):
            for each in names.split(", "):
                known = each in none or not isinstance(getattr(module, each), int | float)
                assert known or f"{module.__name__.rpartition('.')[2]}.{each}" in source, each
    assert f"The first {octets(body_limits.FREE_BYTES)} of each" in PAGE
    assert f"waits {seconds(long_work.BODY_WAIT_SECONDS)}, then" in PAGE
    assert f"{seconds(body_process.SECONDS_MAX)} of CPU and {body_process.MEMORY_BYTES_MAX // 2**30} GiB" in PAGE
    assert f"every {seconds(protocol.LOOK_SECONDS)}" in PAGE and "5 ms" in PAGE
    assert long_work.SLICE_SECONDS == 0.005 and f"waits {seconds(long_work.WAIT_SECONDS)}" in PAGE
