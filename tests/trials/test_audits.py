"""Many more changes than in every run of the tests: whatever a source holds, an audit ends with a report.

`LLMEDGER_TEST_CHANGES` asks for more than these, and `LLMEDGER_TEST_SEED` repeats them.
"""

import os

import pytest

os.environ.setdefault("LLMEDGER_TEST_CHANGES", "100")

from tests.contract.test_any_change import (
    chance,
    copies,
    sound,
    test_a_change_in_a_database_with_every_hash_right_is_reported,
    test_a_change_in_an_export_with_every_hash_right_is_reported,
    test_a_change_of_any_column_is_reported,
    test_a_damaged_page_of_a_file_is_reported_and_makes_no_noise,
)
from tests.trials.test_hostile_server import (
    test_a_change_of_any_member_of_any_answer_is_reported,
    test_a_change_of_any_member_of_any_record_with_every_hash_right_is_reported,
)

pytestmark = pytest.mark.timeout(900)

__all__ = [
    "chance",
    "copies",
    "sound",
    "test_a_change_in_a_database_with_every_hash_right_is_reported",
    "test_a_change_in_an_export_with_every_hash_right_is_reported",
    "test_a_change_of_any_column_is_reported",
    "test_a_change_of_any_member_of_any_answer_is_reported",
    "test_a_change_of_any_member_of_any_record_with_every_hash_right_is_reported",
    "test_a_damaged_page_of_a_file_is_reported_and_makes_no_noise",
]
