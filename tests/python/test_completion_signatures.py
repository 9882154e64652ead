"""Completion signatures are checked when a pipeline is compiled: wrong ones are refused, in the assertion's words."""

import shutil
import subprocess

import pytest

from conftest import ROOT

COMPILERS = [name for name in ("gcc", "clang", "clang-19", "clang-16", "clang-14") if shutil.which(name)]

STAGES = """
#include "sender/just.h"
#include "sender/let.h"
#include "sender/stop_when.h"
#include "sender/sync_wait.h"
#include "sender/upon.h"
#include "sender/when_all.h"
#include "sender/when_any.h"

struct to_long {};
static inline long to_long_call(struct to_long *self, int value) { (void)self; return value; }
struct no_error {};
static inline int no_error_call(struct no_error *self, int error) { (void)self; return error; }
RECEIVER_SYNC_WAIT(wait_int, int);
RECEIVER_SYNC_WAIT(wait_long, long);
"""

THEN = """
RECEIVER(converted, int);
SENDER_JUST(number, converted)
SENDER_THEN(converted, number, to_long, {wait})
SENDER_SYNC_WAIT({wait}, converted)
"""

UPON_ERROR = """
RECEIVER(recovered, {passed});
SENDER_JUST_ERROR(failing, recovered)
SENDER_UPON_ERROR(recovered, failing, no_error, wait_int)
SENDER_SYNC_WAIT(wait_int, recovered)
"""

LET_ERROR = """
RECEIVER(recovered, int);
RECEIVER(recovered_inner, int);
{child}(numbers, recovered)
SENDER_JUST(instead, recovered_inner)
struct go_on {{}};
static inline struct instead_sender go_on_call(struct go_on *self, int *error)
{{
    (void)self;
    return (struct instead_sender){{*error}};
}}
SENDER_LET_ERROR(recovered, numbers, go_on, instead, wait_int)
SENDER_SYNC_WAIT(wait_int, recovered)
"""

SYNC_WAIT = """
{child}(ending, wait_int)
SENDER_SYNC_WAIT(wait_int, ending)
"""

WHEN_ALL = """
RECEIVER(both_one, int);
RECEIVER(both_other, long);
WHEN_ALL_VALUES(both, (one, other));
struct unlike {{ int one; long other; }};
RECEIVER_SYNC_WAIT(wait_both, {values});
SENDER_JUST(one, both_one)
{child}(other, both_other)
SENDER_WHEN_ALL(both, (one, other), wait_both)
SENDER_SYNC_WAIT(wait_both, both)
"""

WHEN_ANY = """
RECEIVER(either_one, int);
RECEIVER(either_other, {other});
SENDER_JUST(one, either_one)
SENDER_JUST(other, either_other)
SENDER_WHEN_ANY(either, (one, other), wait_int)
SENDER_SYNC_WAIT(wait_int, either)
"""

STOP_WHEN = """
RECEIVER(until_work, {work});
RECEIVER(until_end, struct unit);
SENDER_JUST(work, until_work)
SENDER_JUST(end, until_end)
SENDER_STOP_WHEN(until, work, end, wait_int)
SENDER_SYNC_WAIT(wait_int, until)
"""

OTHER_TYPE = "takes values of another type"

# name: (a program, what makes it right, what makes it wrong, the words of the refusal)
PROGRAMS = {
    "then_gives_what_its_receiver_takes": (THEN, {"wait": "wait_long"}, {"wait": "wait_int"}, OTHER_TYPE),
    "upon_error_passes_values_of_its_own_type": (UPON_ERROR, {"passed": "int"}, {"passed": "short"}, OTHER_TYPE),
    "let_error_needs_a_child_that_fails": (
        LET_ERROR,
        {"child": "SENDER_JUST_ERROR"},
        {"child": "SENDER_JUST"},
        "numbers never completes so: COMPLETES_WITH_ERROR",
    ),
    "sync_wait_needs_a_value": (
        SYNC_WAIT,
        {"child": "SENDER_JUST"},
        {"child": "SENDER_JUST_STOPPED"},
        "ending never completes so: COMPLETES_WITH_VALUE",
    ),
    "when_all_gives_its_own_values": (
        WHEN_ALL,
        {"values": "struct both_values", "child": "SENDER_JUST"},
        {"values": "struct unlike", "child": "SENDER_JUST"},
        OTHER_TYPE,
    ),
    "when_all_needs_a_value_of_each_child": (
        WHEN_ALL,
        {"values": "struct both_values", "child": "SENDER_JUST"},
        {"values": "struct both_values", "child": "SENDER_JUST_STOPPED"},
        "both never completes so: COMPLETES_WITH_VALUE",
    ),
    "when_any_has_one_type_of_value": (WHEN_ANY, {"other": "int"}, {"other": "long"}, OTHER_TYPE),
    "stop_when_gives_what_its_source_gives": (STOP_WHEN, {"work": "int"}, {"work": "unsigned"}, OTHER_TYPE),
}


def compiled(compiler, program, names):
    return subprocess.run(
        [compiler, "-std=gnu17", "-fsyntax-only", "-I", str(ROOT), "-x", "c", "-"],
        input=STAGES + program.format(**names),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_signatures(name, compiler):
    program, right, wrong, words = PROGRAMS[name]
    accepted = compiled(compiler, program, right)
    assert accepted.returncode == 0, accepted.stderr
    refused = compiled(compiler, program, wrong)
    assert refused.returncode != 0
    assert words in refused.stderr
