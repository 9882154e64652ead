"""The claims ledger: its rules, what is judged by them, and what comes of a change in the results."""

import json
import re
import shutil
import sys
from fnmatch import fnmatchcase

import pytest

from conftest import DATA, ROOT, one_line, run

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import claims, claims_first, links, published, runinfo  # noqa: E402
from abreast_report.claims_condition import separate  # noqa: E402
from abreast_report.claims_minutes import Took  # noqa: E402
from abreast_report.claims_rules import BadRule, Case, index_of, judge_clause, number, parse, together  # noqa: E402
from abreast_report.rows import parse_line, read_results  # noqa: E402

PAPER = ROOT / "paper"
O2 = "gcc-12.2.0 O2 sib=on exc=off san=none"
ALONE = "; measured with gcc-12.2.0 at O2 in C alone"
O0 = "clang-19.1.7 O0 sib=off exc=on san=none"
LEDGER = claims.read(PAPER)
REPORT = ROOT / "scripts" / "report"


def row(mechanism, metric, value, low=None, high=None, variant="-", toolchain=O2, model="sender", experiment="grid"):
    fields = [experiment, model, mechanism, variant, toolchain, metric, "unit", value, low or value, high or value, 1]
    return parse_line("\t".join(str(field) for field in fields), "test", 2)


def judged(rule, *rows, papers=()):
    results = {}
    for one in rows:
        results.setdefault(one.experiment, []).append(one)
    index = index_of(results)
    return [case.outcome for case in together([judge_clause(clause, index, papers) for clause in parse(rule)])]


def decided(*outcomes):
    return claims.decide([Case(outcome, (), {"depth": str(at)}) for at, outcome in enumerate(outcomes)])


# ---- The language ----


@pytest.mark.parametrize(
    "rule",
    [
        "each grid/sender/a ns_per_op < 1",
        "every grid/sender/a ns_per_op",
        "every grid/sender ns_per_op < 1",
        "every grid/sender/a[depth=] ns_per_op < 1",
        "every grid/sender/a[!depth=1] ns_per_op < 1",
        "every grid/sender/a ns_per_op is",
        "every grid/sender/a ns_per_op is a b",
        "every grid/sender/a ns_per_op < __import__('os')",
        "every grid/sender/a ns_per_op < 1 +",
        "every grid/sender/a ns_per_op < 2 + grid/sender/b ns_per_op",
        "every grid/sender/a ns_per_op within 3",
        "every grid/sender/a ns_per_op about 3",
        "every grid/sender/a NS < 3",
        "every grid/sender/a ns_per_op < 1 and",
        "where grid/sender/a growth is linear",
        "every grid/sender/a ns_per_op < 1 and where grid/sender/a ns_per_op < 1",
        "every grid/sender/a ns_per_op < 1 or every grid/sender/a ns_per_op < 2",
    ],
)
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(BadRule):
        parse(rule)


def test_expressions_have_precedence_and_published_figures():
    papers = [("P", "t", "r", "c", "40", "%", "")]
    [clause] = parse("every grid/sender/a x <= 1 - published(P; t; r; c) / 100 * 2")
    assert number(clause.factor, papers) == pytest.approx(0.2)
    with pytest.raises(BadRule, match="no figure"):
        number(parse("every grid/sender/a x <= published(P; t; r; d)")[0].factor, papers)


@pytest.mark.parametrize(
    "conditions, fits",
    [
        ("depth=1", True),
        ("depth=1|4", True),
        ("depth=1*", True),
        ("depth!=1", False),
        ("width!=1", True),
        ("depth", True),
        ("!depth", False),
        ("width|depth", True),
        ("!width", True),
        ("width", False),
        ("opt=O2,exc=off", True),
        ("opt=O0", False),
        ("compiler=gcc*", True),
    ],
)
def test_conditions(conditions, fits):
    found = judged(f"every grid/sender/a[{conditions}] x = 1", row("a", "x", 1, variant="depth=1,state=8"))
    assert found == ([True] if fits else [])


def test_controls_are_left_out_unless_they_are_asked_for():
    control = row("a", "x", 1, variant="control=aa")
    assert judged("every grid/sender/a x = 1", control) == []
    assert judged("every grid/sender/a[control=aa] x = 1", control) == [True]


@pytest.mark.parametrize(
    "test, low, high, outcome",
    [
        ("< 10", 8, 9, True),
        ("< 10", 9, 11, None),
        ("< 10", 10, 11, False),
        ("<= 10", 9, 10, True),
        ("<= 10", 10, 11, None),
        ("> 10", 11, 12, True),
        ("> 10", 9, 11, None),
        ("> 10", 9, 10, False),
        (">= 10", 10, 12, True),
        ("= 10", 10, 10, True),
        ("= 10", 9, 11, None),
        ("= 10", 11, 12, False),
        ("!= 10", 11, 12, True),
        ("!= 10", 9, 11, None),
        ("within 10% of 10", 9, 11, True),
        ("within 10% of 10", 9, 12, None),
        ("within 2 of 10", 13, 14, False),
    ],
)
def test_the_interval_counts_and_not_the_value(test, low, high, outcome):
    assert judged(f"every grid/sender/a x {test}", row("a", "x", (low + high) / 2, low, high)) == [outcome]


def test_pairs_share_toolchain_variant_and_language():
    rule = "every grid/sender|cxx-sender/a x < 2 * grid/sender|cxx-sender/b[side=right] x"
    left = row("a", "x", 5, variant="depth=1,side=left")
    others = [
        row("b", "x", 3, variant="depth=1,side=right"),
        row("b", "x", 1, variant="depth=4,side=right"),
        row("b", "x", 1, variant="depth=1,side=left"),
        row("b", "x", 1, variant="depth=1,side=right", toolchain=O0),
        row("b", "x", 1, variant="depth=1,side=right", model="cxx-sender"),
    ]
    assert judged(rule, left, *others) == [True]


def test_several_clauses_are_joined_by_toolchain_and_some_stands_beside_each():
    rows = [row("a", "x", 1), row("b", "x", 1), row("a", "x", 1, toolchain=O0), row("b", "x", 2, toolchain=O0)]
    assert judged("every grid/sender/a x = 1 and every grid/sender/b x = 1", *rows) == [True, False]
    assert judged("some grid/sender/b x = 2 and every grid/sender/a x = 1", *rows) == [True, True]
    assert judged("some grid/sender/b x = 3 and every grid/sender/a x = 1", *rows) == [False, False]
    assert judged("every grid/sender/a x = 1 and every grid/sender/c x = 1", *rows) == []


def test_where_leaves_out_toolchains_and_languages_where_it_is_not_true():
    rule = "every grid/sender|cxx-sender/a x = 1 and where grid/awaitable|cxx-awaitable/b growth is constant"
    rows = [
        row("a", "x", 2),
        row("b", "growth", "constant", model="awaitable"),
        row("a", "x", 1, toolchain=O0),
        row("b", "growth", "linear", model="awaitable", toolchain=O0),
        row("a", "x", 1, model="cxx-sender"),
        row("b", "growth", "linear", model="cxx-awaitable"),
    ]
    assert judged(rule, *rows) == [False]
    assert judged(rule, *rows[2:]) == [], "nowhere is it true"
    assert judged("every grid/sender/a x = 2 and where grid/awaitable/b growth is constant", *rows) == [True]


def test_words_are_compared_as_words_and_are_no_numbers():
    assert judged("every grid/sender/a growth is linear|bounded", row("a", "growth", "linear")) == [True]
    assert judged("every grid/sender/a overflow < 9", row("a", "overflow", "none")) == [False]
    assert judged("every grid/sender/a overflow < 9", row("a", "overflow", "?")) == []


def test_what_was_not_tried_is_neither_true_nor_false():
    rows = [row("a", "overflow", "none"), row("a", "overflow", "untried", variant="stack=8")]
    assert judged("every grid/sender/a overflow is none", *rows) == [True]
    told = verdict_of("every grid/sender/a overflow is none", *rows).text
    assert told == f"holds{ALONE}; not counted: 1 row that this mode does not try"


# ---- Verdicts ----


def test_verdicts_of_three_values():
    assert decided(True, True)[:2] == ("holds", "")
    assert decided(False, None)[0] == "refuted"
    assert decided(None, None)[:2] == ("not testable here", f"undecided, for {claims.STRADDLES}")
    told = f"undecided: told in 1 of 2 cases, which agree; in the others {claims.STRADDLES}"
    assert decided(True, None)[:2] == ("not testable here", told)
    verdict, condition, _ = decided(True, True, None)
    assert verdict == "holds when" and condition.startswith("depth not 2 (2 of 3 cases; in the others ")
    nothing_tells = [Case(outcome, (), {"depth": "1"}) for outcome in (True, True, None)]
    assert claims.decide(nothing_tells)[0] == "not testable here"
    verdict, condition, counts = decided(True, False, False)
    assert verdict == "holds when" and "depth 0" in condition and counts == (1, 2, 0)


def test_a_rule_that_is_true_of_nothing_never_holds():
    """Of rows that are missing, of rows that do not exist, and of rows that are all undecided."""
    for rows in ([], [row("a", "x", "?")], [row("a", "x", 10, 9, 11)], [row("a", "x", 12)]):
        cases = judged("every grid/sender/a x < 10", *rows)
        assert not cases or claims.decide([Case(outcome, ()) for outcome in cases])[0] not in ("holds", "holds when")


def settings():
    for opt in ("O0", "O1", "O2"):
        for exc in ("on", "off"):
            for sib in ("on", "off"):
                for compiler in ("gcc", "clang"):
                    yield {"opt": opt, "exc": exc, "sib": sib, "compiler": compiler}


@pytest.mark.parametrize(
    "true, words",
    [
        (lambda s: s["exc"] == "on", "with exceptions"),
        (lambda s: s["opt"] == "O0" or s["sib"] == "off", "without sibling calls, or at O0"),
        (lambda s: s["opt"] != "O0" and s["compiler"] == "gcc", "with gcc at O1/O2"),
        (lambda s: not (s["sib"] == "off" and s["compiler"] == "gcc"), "with clang"),
    ],
)
def test_conditions_are_found_exactly(true, words):
    found = separate([Case(true(setting), (), setting) for setting in settings()])
    assert found.wrong == 0
    assert words in found.text


def test_one_false_case_among_many_stays_readable():
    cases = [Case(number != 7, (), {"frame": str(number), "depth": str(number % 3)}) for number in range(100)]
    found = separate(cases)
    assert (found.text, found.wrong) == ("frame not 7", 0)


def test_what_does_not_agree_is_named_where_that_is_shorter():
    cases = [Case(not (s["sib"] == "off" and s["compiler"] == "gcc" or s["opt"] == "O0" and s["exc"] == "on"), (), s)
             for s in settings()]
    found = separate(cases)
    assert found.wrong == 0 and found.text.startswith("except ") and found.text.count(", and except ") == 1
    assert not re.search(r"except not|neither|nor ", found.text)


def test_one_setting_that_does_not_agree_is_named_and_a_tautology_never_is():
    """Of two languages, so that two cases are on the other side."""
    odd = ("O2", "on", "on", "gcc")
    cases = [Case((s["opt"], s["exc"], s["sib"], s["compiler"]) != odd, (), {**s, "language": language})
             for s in settings() for language in ("C", "C++")]
    assert separate(cases).text == "except with gcc at O2 with exceptions with sibling calls"
    cases = [Case(at != 0, (), {"opt": f"O{at % 3}", "depth": "1"}) for at in range(30)]
    assert separate(cases).text == "", "that it is fulfilled by all of them is no condition"


def test_what_nothing_short_describes_is_counted():
    cases = [Case(bool(number % 2), (), {"depth": "1"}) for number in range(10)]
    assert separate(cases).text == ""
    assert claims.decide(cases)[1] == "no short condition: 5 of 10 cases"
    cases = [Case(number % 3 != 0, (), {"depth": str(number % 7), "frame": str(number % 8)}) for number in range(56)]
    assert separate(cases).text == "", "what gets many of them wrong is no description"
    rows = [row("a", "x", 1 + at % 2, variant="depth=1") for at in range(10)]
    found = verdict_of("every grid/sender/a x = 1", *rows)
    assert found.text == f"holds in part, no short condition: 5 of 10 cases{ALONE}"
    assert found.word == "holds when in part: 5 of 10 cases"
    rows = [row("a", "x", 1 + (at == 5), variant=f"depth={at}") for at in range(10)]
    told = verdict_of("every grid/sender/a x = 1", *rows).text
    assert told == f"holds when depth not 5 (9 of 10 cases){ALONE}"


# ---- The ledger ----

LEANS = re.compile(
    r"^(So|It|They|That (?!awaited)|Such|This|With it|Where it)\b|^An? \w+ (then|still)\b|"
    r"(\bthat|\bof them|\bthere|(?<!now and) then)\.$"
)
AMENDED = re.compile(r"\d{4}-\d\d-\d\d (seen|unseen): \S.+$")


def test_the_ledger_is_large_and_its_names_are_plain():
    assert len(LEDGER) >= 40
    assert len({claim.id for claim in LEDGER}) == len(LEDGER)
    for claim in LEDGER:
        assert claim.id == claim.id.lower() and " " not in claim.id
        assert claim.claim.endswith(".") and claim.source and claim.section
        assert not LEANS.search(claim.claim), f"{claim.id} is shown alone, and speaks of another"
        assert claim.amended == "-" or all(map(AMENDED.match, claim.amended.split(" | "))), claim.id
        assert claim.clauses or claim.notes, f"{claim.id} has no rule, and does not say why"


@pytest.fixture(scope="session")
def listed(abreast):
    done = run(abreast, "list", "--variants", "--tsv")
    assert done.returncode == 0, done.stderr
    return {tuple(line.split("\t")[:3]) for line in done.stdout.splitlines()[1:]}


METERED_AS = {"finals": "stack"}  # the program that meters its cells


def of_experiment(path, experiments):
    """The experiment that a source under bench/ belongs to, or none: it is shared."""
    name = path.relative_to(ROOT / "bench").parts[0].partition(".")[0].partition("_")[0]
    return name if name in experiments else None


@pytest.fixture(scope="session")
def sources(listed):
    """{experiment: its sources and those that all share}"""
    experiments = {experiment for experiment, _, _ in listed}
    paths = [path for name in ("*.c", "*.h", "*.def", "*.cpp") for path in (ROOT / "bench").rglob(name)]
    texts = [(of_experiment(path, experiments), path.read_text()) for path in paths]
    return {
        name: "\n".join(text for of, text in texts if of in (None, name, METERED_AS.get(name))) for name in experiments
    }


TOOLCHAIN = {"compiler", "opt", "sib", "exc", "san", "control"}


def check_keys(selection, text):
    """A key that nothing has makes a rule wider, or empty, and nobody is told."""
    for name in selection.names() - TOOLCHAIN:
        assert re.search(rf"\b{name}=", text), f"{selection.experiment} has no key {name}"


def test_a_key_that_nothing_has_is_found(sources):
    [clause] = parse("every stack/sender/p2300[!resum] stack_growth is linear")
    with pytest.raises(AssertionError, match="no key resum"):
        check_keys(clause.left, sources["stack"])


@pytest.mark.parametrize("claim", [claim for claim in LEDGER if claim.clauses], ids=lambda claim: claim.id)
def test_rules_name_what_exists(claim, listed, sources):
    papers = published.read(PAPER)
    for clause in claim.clauses:
        if clause.factor:
            number(clause.factor, papers)
        for selection in clause.selections():
            text = sources[selection.experiment]
            assert f'"{selection.metric}"' in text, f"{selection.experiment} has no metric {selection.metric}"
            check_keys(selection, text)
            for mechanism in selection.mechanisms:
                assert any(
                    experiment == selection.experiment
                    and model in selection.models
                    and fnmatchcase(name, mechanism)
                    for experiment, model, name in listed
                ), f"{selection.experiment} has no {mechanism}"
            for model in selection.models:
                assert any(found[:2] == (selection.experiment, model) for found in listed), f"no model {model}"


# ---- Figures, remarks, conditions ----


def verdict_of(rule, *rows, first="", **info):
    results = {}
    for one in rows:
        results.setdefault(one.experiment, []).append(one)
    claim = claims.Claim("x", "It is so.", "P", "1", rule, first, "", "changed" if first else "-", parse(rule))
    return claims.verdict_of(claim, index_of(results), [], results, info)


def figure_of(*values):
    rows = [row("a", "x", value, variant=f"depth={at}") for at, value in enumerate(values)]
    found = verdict_of("every grid/sender/a x < 99", *rows)
    return links.plain(str(found.measured)), links.plain(found.spread)


def test_medians_are_of_the_middle_two_and_of_a_few_all_are_shown():
    assert figure_of(5, 1, 2, 4) == ("x: 3 (median of 4)", "1 to 5")
    assert figure_of(5, 1, 2) == ("x: 1, 2, 5", "1 to 5")
    assert figure_of(7, 1) == ("x: 1, 7", "1 to 7")
    assert figure_of(7, 7) == ("x: 7 in all 2", "exact")


def test_many_intervals_say_how_many_of_them_miss():
    rows = [row("a", "x", 5, 4, 6, variant=f"depth={at}") for at in range(30)]
    told = verdict_of("every grid/sender/a x < 9", *rows).spread
    assert "of its 30 intervals at 99 % about 0.3 miss by chance" in told
    assert "miss" not in verdict_of("every grid/sender/a x < 9", *rows[:5]).spread


def test_what_a_rule_names_and_no_row_has_is_said():
    found = verdict_of("every grid/sender|cxx-sender/a|b x < grid/awaitable/c x", row("a", "x", 1, variant="depth=1"),
                       row("a", "x", 1), row("c", "x", 2, model="awaitable"))
    assert found.verdict == "holds"
    assert "cxx-sender, b, of which this run has no such rows; 1 row without awaitable c" in found.text


def test_what_options_decide_does_not_hold_of_one_of_them_alone():
    rows = [row("a", "stack_growth", "constant"), row("a", "stack_growth", "constant", toolchain=O0)]
    rule = "every grid/sender/a stack_growth is constant"
    assert verdict_of(rule, *rows).text == "holds; measured in C alone"
    told = verdict_of(rule, rows[0])
    assert told.condition == "at O2 with sibling calls (1 of 1 cases; no other setting was measured)"
    assert told.told == "measured with gcc-12.2.0 in C alone", "of the level it is said already"
    assert "O2 with sibling calls alone" in verdict_of(rule.replace("is constant", "is linear"), rows[0]).text


def test_programs_that_were_not_built_are_told_beside_the_verdict():
    hint = "not built: cmake --build --preset release"

    def told(rule, model="sender", metric="stack_bytes_per_op", experiment="stack", *programs):
        skipped = [{"experiment": of, "what": what, "reason": why} for of, what, why in programs]
        return verdict_of(rule, row("a", metric, 1, model=model, experiment=experiment), skipped=skipped).text

    programs = [("stack", "gcc/stack-cxx", hint), ("stack", "clang/stack-cxx", hint), ("-", "clang/costs", hint),
                ("stack", "library asio", "it is compiled in full mode alone")]
    both = "every stack/sender|cxx-sender/a stack_bytes_per_op = 1"
    assert f"rows; 2 programs, {hint}" in told(both, "sender", "stack_bytes_per_op", "stack", *programs)
    alone = both.replace("|cxx-sender", "")
    assert "not built" not in told(alone, "sender", "stack_bytes_per_op", "stack", *programs), "C has all its programs"
    count = "every grid/sender/a allocs_per_op = 1"
    assert told(count, "sender", "allocs_per_op", "grid", *programs) == f"holds{ALONE}; not counted: 1 program, {hint}"
    assert told(count.replace("allocs", "ns"), "sender", "ns_per_op", "grid", *programs) == f"holds{ALONE}"


def test_what_a_where_leaves_out_is_counted():
    rule = "every grid/sender/a x = 1 and where grid/awaitable/b growth is constant"
    rows = [row("a", "x", 1), row("b", "growth", "constant", model="awaitable"), row("a", "x", 1, toolchain=O0)]
    told = verdict_of(rule, *rows).text
    assert told == f"holds{ALONE}; not counted: 1 row where growth of awaitable b is not constant"
    told = verdict_of(rule, rows[0], row("b", "growth", "linear", model="awaitable")).text
    assert told.endswith("growth of awaitable b is nowhere constant that the rest was measured")


def test_what_was_varied_is_named_before_what_goes_with_it():
    cases = [Case(bool(at % 2), (), {"exc": "off" if at % 2 else "on", "completes": "inline" if at % 2 else "later"})
             for at in range(4)]
    assert separate(cases).text == "completes inline, or, which is the same here, without exceptions"


def test_a_run_says_how_many_rules_are_younger():
    verdicts = [verdict_of("every grid/sender/a x < 9"), verdict_of("every grid/sender/b x < 9")]
    verdicts[0].id, verdicts[0].amended = "y", "2026-11-22 seen: was x < 8"
    rules = {"x": claims.fingerprint(verdicts[1].rule), "y": "of another rule"}
    [younger, changed] = claims.age(verdicts, {"ledger": {"rules": rules}})
    assert younger.startswith("1 of the 2 rules are younger than this run")
    assert changed.startswith("1 rules were changed") and "1 are the first rule again" in changed
    assert "does not record" in claims.age(verdicts, {})[0]
    assert set(claims.fingerprints(PAPER)) == {claim.id for claim in LEDGER}


def test_the_first_rule_is_that_of_the_ledgers_first_commit():
    """By git, which nobody has typed: a rule that was changed cannot pass for the first."""
    git = ["git", "-C", str(ROOT), "-c", "safe.directory=*"]
    commits = run(*git, "log", "--reverse", "--format=%H", "--", "paper/claims.tsv")
    shallow = run(*git, "rev-parse", "--is-shallow-repository")
    if commits.returncode or not commits.stdout.strip() or shallow.stdout.strip() != "false":
        pytest.skip("no history of the ledger is here")
    head, *lines = run(*git, "show", f"{commits.stdout.split()[0]}:paper/claims.tsv").stdout.splitlines()
    name, rule = head.split("\t").index("id"), head.split("\t").index("rule")
    first = {line.split("\t")[name]: line.split("\t")[rule] for line in lines}
    assert set(first) <= {claim.id for claim in LEDGER}, "no claim is dropped"
    for claim in LEDGER:
        wanted = "" if first.get(claim.id) == claim.rule else first.get(claim.id, claims_first.ADDED)
        assert claim.first == wanted, claim.id
        assert claim.amended != "-" or not claim.first, f"{claim.id}: why it was changed is not said"


def test_the_first_rule_is_judged_beside_the_rule_of_today():
    rows = [row("a", "x", 5)]

    def told(first):
        one = verdict_of("every grid/sender/a x < 9", *rows, first=first)
        return one, dict(claims_first.lines(one)), claims.tsv([one]).splitlines()[1].split("\t")[-1]

    other, printed, cell = told("every grid/sender/a x < 3")
    assert (printed["gives"], cell) == (f"refuted{ALONE}", "refuted")
    same, printed, cell = told("every grid/sender/a x < 8")
    assert (printed["gives"], cell) == (f"holds{ALONE}, the same", "holds")
    gone, printed, cell = told("every grid/sender/a y < 8")
    assert printed["gives"].startswith("not testable here: this run has no y") and cell == "not testable here"
    none, printed, _ = told("-")
    assert (printed["first rule"], printed["gives"]) == ("none", f"not testable here: {claims_first.NO_RULE}")
    added, printed, cell = told(claims_first.ADDED)
    assert cell == "added" and "added later" in printed["first rule"]
    same.amended = "2026-11-22 seen: x"
    [added_told, changed] = claims_first.sentences([other, same, gone, none, added])
    assert added_told.startswith("1 of the 5 claims were added")
    assert "4 rules were changed since, 1 of them when their verdict had been seen; 0 are the first" in changed
    assert "the first rule gives the same verdict on this run for 1, another for 1, and none for 2, for this" in changed
    assert claims_first.in_short([other, same, added]).endswith("Of 2 whose rule is not their first, the first would "
                                                                "say something else of 1.")
    [table] = claims_first.table([other, same, gone, none, added])
    assert [line[2:4] for line in table.rows][0] == [f"refuted{ALONE}", f"holds{ALONE}"] and len(table.rows) == 3
    assert claims_first.table([same]) == []


def test_a_run_keeps_the_rules_that_there_were(tmp_path):
    runinfo.add(tmp_path, ROOT, [], [])
    kept = runinfo.read(tmp_path)
    assert kept["ledger"]["rules"] == claims.fingerprints(PAPER)
    kept["ledger"]["rules"] = {"x": "older"}
    (tmp_path / "run.json").write_text(json.dumps(kept))
    runinfo.add(tmp_path, ROOT, [], [])
    assert runinfo.read(tmp_path)["ledger"]["rules"] == {"x": "older"}, "a later report changes nothing"
    assert ("ledger.rules", "1") in runinfo.flat(runinfo.read(tmp_path))


def test_minutes_are_of_the_cells_of_the_claim_alone():
    results = {
        "grid": [row(name, "instructions_per_op", 1, variant=f"at={at}") for name in "ab" for at in range(5)],
        "stack": [row("c", "stack_growth", "linear", experiment="stack")],
    }
    seconds = {"grid": 100, "stack": 50, "instructions": 60, "compile": 1000}
    info = {"stages": [{"name": name, "seconds": took} for name, took in seconds.items()],
            "toolchains": [{"name": O2, "role": "main"}]}
    took = Took(results, info)

    def told(rule):
        return took.minutes(claims.Claim("x", "It is so.", "P", "1", rule, "", "", "-", parse(rule)))

    assert told("every grid/sender/a instructions_per_op < 9") == pytest.approx(1.5), "half of 160 s, and 5"
    assert told("every grid/sender/* allocs_per_op < 9") == pytest.approx(2.8), "of allocations the whole experiment"
    assert told("every stack/sender/c stack_growth is linear") == pytest.approx(1.0), "nothing is counted apart"
    assert told("every echo/sender/c ns_per_op < 9") is None and told("-") is None


def test_the_count_says_where_few_cases_agree():
    found = verdict_of("every grid/sender/a x < 9", *(row("a", "x", at, variant=f"depth={at}") for at in (1, 11, 12)))
    assert found.verdict == "holds when"
    assert "(in 1 of them fewer than half of the cases agree)" in claims.sentence([found])


# ---- A run ----


def judge(folder):
    return claims.judge(PAPER, read_results(folder / "results"), {})


def verdict(folder, name):
    [found] = [one for one in judge(folder) if one.id == name]
    return found.text, claims.status(found)


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "run"
    shutil.copytree(DATA / "results", out / "results")
    shutil.copy(DATA / "run.json", out / "run.json")
    return out


GROWS = "p2583-4.2-stack-grows"


def test_a_value_changed_by_hand_changes_the_verdict(folder):
    before, status = verdict(folder, GROWS)
    assert status == 0 and before.startswith("holds")
    path = folder / "results" / "stack.tsv"
    lines = path.read_text().splitlines()
    columns = [line.split("\t") for line in lines]
    for fields in columns:
        if fields[5] == "stack_growth" and fields[2] == "p2300":
            fields[7] = "constant"
    path.write_text("\n".join("\t".join(fields) for fields in columns) + "\n")
    assert verdict(folder, GROWS) == ("refuted", 0)


def test_a_file_that_is_gone_is_said_to_be(folder):
    """What a part of it was skipped for is no reason that the whole is not there."""
    (folder / "results" / "stack.tsv").unlink()
    told, status = verdict(folder, GROWS)
    assert told == "not testable here: stack was not run"
    assert status == 4

    def gone(**skipped):
        entries = [{"experiment": "stack", "reason": "it takes long", **skipped}]
        [found] = claims.judge(PAPER, read_results(folder / "results"), {"skipped": entries}, GROWS)
        return found.text

    assert gone(what="library asio") == told
    assert gone(what="-") == f"{told}: it takes long"


def test_all_claims_are_written_and_printed(folder):
    head, *lines = [line.split("\t") for line in claims.tsv(judge(folder)).splitlines()]
    assert head == claims.WRITTEN
    assert [line[0] for line in lines] == [claim.id for claim in LEDGER]
    words = [line[head.index("verdict")] for line in lines]
    assert all(word in claims.VERDICTS and word != "holds when" or word.startswith("holds when ") for word in words)
    assert all(len(line) == len(head) for line in lines)
    done = run(REPORT, "claims", "--out", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"Of {len(LEDGER)} claims of the papers ")


def test_figures_link_to_the_rows_that_have_them(folder):
    rows = [row("a", "x", value, variant=f"depth={at}") for at, value in enumerate((5, 1, 2, 4))]
    for at, one in enumerate(rows):
        object.__setattr__(one, "line", at + 2)
    found = verdict_of("every grid/sender/a x < 4", *rows)
    [_, _, condition, measured, _] = claims.line(found)
    links_of = dict(re.findall(r'href="#grid-(\d)">([^<]*)</a>', links.html(measured)))
    assert links_of == {"4": "3", "3": "1", "2": "5"}, "the median's nearest row, the least, the most"
    assert re.findall(r'href="#grid-(\d)">([^<]*)</a>', links.html(condition)) == [("3", "2"), ("2", "4")]
    assert links.START not in found.text and links.START not in claims.tsv([found])


def test_what_was_measured_cites_its_rows(folder):
    found = next(one for one in judge(folder) if one.id == GROWS)
    assert found.measured.rows and {one.metric for one in found.measured.rows} == {"stack_growth"}
    assert set(found.measured.rows) <= set(found.rows)
    assert found.minutes is None, "the run of the tests has no seconds of its stages"
    section = claims.section([found])
    assert section.short.startswith("Of 1 claims") and section.tables[0].rows[0][3].rows


def command(capsys, *words):
    """(status, what was printed)"""
    status = claims.command(*words, PAPER, lambda: ({}, {}))
    return status, capsys.readouterr().out


def test_claims_without_a_run(capsys):
    status, told = command(capsys, "claim", None)
    assert status == 0 and len(told.splitlines()) == len(LEDGER)
    status, told = command(capsys, "claim", GROWS)
    assert status == 4 and "stack was not run" in told
    with pytest.raises(ValueError, match=GROWS):
        command(capsys, "claim", "stack-grows")


def test_filters_are_those_of_the_rule(capsys):
    _, told = command(capsys, "claim-filters", GROWS)
    assert told.splitlines() == ["stack/sender/p2300/*", "stack/cxx-sender/p2300/*"]
    _, told = command(capsys, "claim-filters", "p2583-8-static-graph-zero-allocation")
    assert told.splitlines() == ["fanout"], "zeros are written beside other counts only"


def test_commands_for_one_claim(abreast, tmp_path):
    done = run(abreast, "claim", "p2583-8-gpu")
    assert done.returncode == 77 and "no GPU" in done.stdout and done.stderr == ""
    done = run(abreast, "claim", GROWS, env={"ABREAST_SOURCE": str(tmp_path)})
    assert done.returncode == 1 and "ABREAST_SOURCE" in one_line(done.stderr)
    done = run(ROOT / "scripts" / "reproduce", "--claim", "nothing-such", "--no-setup")
    assert done.returncode == 1 and "no claim" in one_line(done.stderr)
