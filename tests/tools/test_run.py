# SPDX-License-Identifier: BSD-2-Clause
"""What tests/run.py makes of a program's TAP output."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from run import tap_cases  # noqa: E402


def outcomes(output, status=0):
    return [outcome for _, outcome, _ in tap_cases("program", status, output)]


def test_cases_passed_failed_and_left_out_are_told_apart():
    assert outcomes("1..3\nok 1 - one\nnot ok 2 - two\n# why\nok 3 - three # SKIP\n", 1) == ["passed", "failed", "skipped"]


def test_case_that_cmocka_leaves_out_is_one():
    assert outcomes("TAP version 13\n1..2\nok 1 # SKIP one\nok 2 - two\n# ok - tests\n") == ["skipped", "passed"]


def test_output_that_ends_early_is_a_failure():
    assert outcomes("1..2\nok 1 - one\n") == ["passed", "failed"]
    assert outcomes("") == ["failed"]
    assert outcomes("1..1\nok 1 - one\n", 134) == ["passed", "failed"]
