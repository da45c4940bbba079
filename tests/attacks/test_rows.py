"""What attacks have found, a row each, and the tests that hold it; those that stood elsewhere already stay there."""

from __future__ import annotations

import re

import pytest

from bot.settings import ROOT

HEADS = "tests/doors/test_heads.py"
INTERRUPTED, HELD_UP = "tests/attacks/test_interrupted.py", "tests/attacks/test_held_up.py"
MEMORY, LEAKS = "tests/attacks/test_memory.py", "tests/attacks/test_leaks.py"

ROWS = {
    "a negative length freezes the process": [f"{HEADS}::test_a_length_that_is_none_is_refused"],
    "bombs of pixels in parallel": [f"{MEMORY}::test_bombs_of_pixels_at_once_neither_swell_nor_stop_it"],
    "death at a commit": [f"{INTERRUPTED}::test_a_fault_at_a_commit_changes_nothing_in_the_end"],
    "a commit that fails": [f"{INTERRUPTED}::test_a_fault_at_a_commit_changes_nothing_in_the_end"],
    "a long conversation gets slow": ["tests/attacks/test_long.py::test_turn_200_costs_what_turn_20_did"],
    "the action server believes anybody": [f"{LEAKS}::test_a_forged_tracker_gets_no_other_buyers_orders"],
    "bodies that are read before the key is looked at": [f"{MEMORY}::test_bodies_without_the_key_cost_no_memory"],
    "a huge log in one answer": [
        f"{MEMORY}::test_a_log_of_many_megabytes_comes_in_pages",
        "tests/doors/web/test_hearing.py::test_a_long_log_comes_in_several_answers",
    ],
    "a slow order system stops everybody": [
        f"{HELD_UP}::test_who_waits_for_a_slow_order_system_keeps_nobody_else_waiting",
        f"{HELD_UP}::test_in_the_widget_the_answer_comes_by_itself_when_the_orders_are_there",
        f"{HELD_UP}::test_inline_the_answer_comes_with_the_next_message",
    ],
    "a locked database": [f"{HELD_UP}::test_a_locked_database_freezes_nothing_and_loses_nothing"],
    "keyless behind a proxy": [
        "tests/doors/test_http.py::test_without_a_key_nobody_else_may",
        "tests/doors/test_messages.py::test_without_a_key_a_proxy_on_this_machine_lets_nobody_in",
    ],
    "another buyer in the conversation": [
        "tests/inbox/test_inbox.py::test_a_conversation_is_the_buyers_who_began_it",
        "tests/doors/test_messages.py::test_another_buyer_does_not_get_into_a_conversation",
    ],
    "two servers": [f"{INTERRUPTED}::test_two_workers_at_once_open_one_claim_and_answer_once"],
    "a clock that leaps": [
        "tests/attacks/test_clock.py::test_the_widget_is_answered_whichever_way_the_clock_has_leapt",
        "tests/attacks/test_clock.py::test_inline_too",
        "tests/attacks/test_clock.py::test_a_worker_that_died_before_the_clock_went_back_is_not_waited_for_that_long",
        "tests/attacks/test_clock.py::test_an_agreement_holds_whichever_way_the_clock_has_leapt",
        "tests/attacks/test_clock.py::test_a_promise_over_the_end_of_a_month",
        "tests/attacks/test_clock.py::test_the_hour_that_comes_twice_or_not_at_all",
    ],
    "phone numbers and addresses in the log": [
        f"{LEAKS}::test_no_phone_number_and_no_address_gets_into_the_log",
        f"{LEAKS}::test_a_number_is_masked_however_it_is_written",
        f"{LEAKS}::test_an_escaped_name_is_masked_too",
    ],
    "raw heads": [
        f"{HEADS}::test_what_is_no_request_is_refused",
        f"{HEADS}::test_a_handshake_that_is_none_is_refused",
        "tests/attacks/test_fuzz.py::test_whatever_is_sent_it_answers_and_stays_well",
    ],
    "a port that is taken": [f"{HEADS}::test_a_port_that_is_taken_is_one_clear_line"],
    "healthy without a database": ["tests/attacks/test_health.py::test_a_database_that_is_away_is_said_and_waited_for"],
    "anything is a video": [
        f"{LEAKS}::test_what_only_begins_like_a_video_is_none",
        f"{LEAKS}::test_the_place_where_a_video_was_made_is_not_kept",
    ],
    "a line to the database for each statement": [
        "tests/attacks/test_long.py::test_no_line_to_the_database_is_opened_for_a_message"
    ],
    "kill -9 under load": [f"{INTERRUPTED}::test_killed_under_load_nothing_is_lost_or_said_twice"],
    "a frozen worker": [f"{INTERRUPTED}::test_who_was_frozen_in_an_answer_writes_nothing_when_it_wakes"],
    "a crowd": [f"{HELD_UP}::test_two_hundred_buyers_at_once_each_hear_something"],
    "one buyer's burst": [f"{HELD_UP}::test_a_burst_of_one_buyer_starves_nobody"],
    "Ctrl-C": [
        "tests/attacks/test_stopping.py::test_ctrl_c_is_answered_at_once_and_what_is_begun_is_finished",
        "tests/attacks/test_stopping.py::test_a_second_ctrl_c_stops_it_at_once",
    ],
}


@pytest.mark.parametrize("row", ROWS)
def test_what_was_found_is_held(row: str) -> None:
    for test in ROWS[row]:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), test
