"""Figures in sentences link to the rows that they rest on: how a link is made, and that the report's sentences have
theirs. The sentences are those of the committed run and of a smoke run of everything; ABREAST_RUN=FOLDER takes a
finished run instead of the latter."""

import html
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from conftest import DATA, ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_report import links  # noqa: E402
from abreast_report.rows import Row, cited, read_results, shown_row  # noqa: E402

REPORT = ROOT / "scripts" / "report"
PRIVATE = re.compile("[\ue000-\uf8ff]")
SECTIONS = ("stack finals opstate frames grid phases bridges mitigations syncratio fanout echo conns stop compile "
            "calibration").split()
LONGEST_SHORT, LONGEST = 220, 300  # letters: of what leads a section, and of any sentence


def row(value=12.5, line=7, text=None):
    return Row("opstate", "sender", "pipeline", "-", "gcc-12.2.0 O2", "ns_per_op", "ns", value, value, value, 1,
               text or str(value), line)


# --- How a link is made ---


def test_an_f_string_keeps_the_link_of_what_is_cited():
    text = f"It takes {cited('12.5', row())} ns & no more."
    assert links.plain(text) == "It takes 12.5 ns & no more."
    assert links.html(text) == 'It takes <a class=row href="#opstate-7">12.5</a> ns &amp; no more.'
    assert links.html(text, wanted=False) == "It takes 12.5 ns &amp; no more."


def test_what_is_made_by_join_or_str_has_lost_its_link_and_nothing_else():
    one = cited("12.5", row())
    assert ", ".join([one, one]) == "12.5, 12.5" and str(one) == "12.5"
    assert links.plain(", ".join(f"{each}" for each in (one, one))) == "12.5, 12.5"
    assert links.html(", ".join(f"{each}" for each in (one, one))).count("<a class=row") == 2


def test_a_link_is_to_the_first_row_and_is_not_made_twice():
    both = cited("1 to 2", row(1, 3), None, row(2, 4))
    assert [each.line for each in both.rows] == [3, 4]
    assert links.html(f"{both}") == '<a class=row href="#opstate-3">1 to 2</a>'
    inside = f"{cited('1', row(1, 3))} to {cited('2', row(2, 4))}"
    assert links.linked(inside, "opstate-9") == inside


def test_what_cites_nothing_has_no_link():
    assert f"{cited('as ever', None)}" == "as ever"
    assert links.plain(f"{shown_row(row(None, text='none'))}") == "none"


def test_a_width_is_of_the_text_and_not_of_the_link():
    assert links.plain(f"{cited('5', row()):>3}|") == "  5|"


# --- The report of a run ---


class Run:
    """A copy of a run's results with its whole report."""

    def __init__(self, source, folder):
        shutil.copytree(source / "results", folder / "results")
        shutil.copy(source / "run.json", folder / "run.json")
        self.folder = folder
        self.said = self.report("all") + self.report("printed") + self.report("headlines") + self.report("claims")
        self.page = (folder / "report.html").read_text(encoding="utf-8")
        results = read_results(folder / "results")
        self.rows = {each.name: each for found in results.values() for each in found}
        self.alike = {}
        for each in self.rows.values():
            self.alike.setdefault((each.experiment, each.variant, each.toolchain, each.metric), []).append(each)
        self.names = names_with_digits(self.rows.values())

    def report(self, part):
        done = run(REPORT, part, "--out", self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sentences(self, section):
        """Those of one section, as HTML."""
        found = re.search(rf"<section id={section}>(.*?)</section>", self.page, re.DOTALL)
        if not found:
            pytest.skip(f"this run has no {section}")
        text = re.sub(r"<figure class=table.*?<figcaption>.*?</figcaption>", "", found.group(1), flags=re.DOTALL)
        text = re.sub(r" <a class=anchor.*?</a>", "", text)
        wanted = r"<(?:li|p class=short|p class=verdict|figcaption)>(.*?)</(?:li|p|figcaption)>"
        parts = re.findall(wanted, text, re.DOTALL)
        return [sentence for part in parts for sentence in re.split(r"(?<=[.])\s+(?=[A-Z<])", part)]

    def short(self, section):
        found = re.search(rf"<section id={section}>.*?</section>", self.page, re.DOTALL)
        return re.search(r"<p class=short>(.*?)</p>", found.group(0) if found else "", re.DOTALL)


@pytest.fixture(scope="session", params=["committed", "whole"])
def reported(request, tmp_path_factory):
    source = DATA
    if request.param == "whole":
        source = os.environ.get("ABREAST_RUN")
        source = Path(source) if source else request.getfixturevalue("smoke")
    return Run(source, tmp_path_factory.mktemp("links") / "out")


def test_no_mark_of_a_link_is_left_anywhere(reported):
    """They are letters that nobody is to see."""
    texts = [path for path in reported.folder.rglob("*") if path.suffix in (".html", ".md", ".tsv", ".tex", ".dat")]
    assert {path.suffix for path in texts} == {".html", ".md", ".tsv", ".tex", ".dat"}
    assert [path.name for path in texts if PRIVATE.search(path.read_text(encoding="utf-8"))] == []
    assert len(reported.said) > 1000 and not PRIVATE.search(reported.said)


# --- Every sentence with a result links to it ---


# What has digits and is no result: names of papers, of compilers and their settings, key=value of a variant; the level
# of intervals; sizes and numbers of things that a case is made of.
NO_RESULT = [
    r"\b(P\d{4}(R\d+)?|D\d{4})( \d+(\.\d+)*)*",
    r"\b(table|section|cause|causes|disagreement) \d+([ ,and]+\d+)*",
    r"\b(gcc|clang|MSVC)[- ]\d[\d.]*|-?\bO[0-3]\b|-std=\w+\+\+\d+|\bC\+\+\d+|\bC17\b",
    r"\b[\w-]+=[\w./-]+",
    r"\b99 %|\b(within|at least|at most) \d+(\.\d+)? %",
    r"\b\d[\d,]*( to \d[\d,]*)?( ?)(B|KiB|MiB|GiB)\b",
    r"\b\d[\d,]*( waiting| pending)?( (bytes of )?(deep|connections|operations a second|reads a second|threads?|stages"
    r"|phases|children|reads|levels|then|let_value)\b)",
    r"\b(when[-_]all[- ](of )?|depth |chains? of )\d+( children| frames| coroutines| tasks)?\b",
    r"\bepoll\d?\b|\bio_uring\b|\bx86_64\b|\bCapy 20\d\d-\d\d",
]
# Sentences that have no link though they have a figure, by words that are in them, and why.
EXCEPTIONS = {
    r"\b[Pp]ublish|[Dd]iscussion of P4003|P4255R0's counts": "a published figure has its source in words",
    r"\b(target|limit)\b": "a limit that was set before anything was measured",
}


def names_with_digits(rows):
    """Of models and mechanisms, the longest first."""
    names = {name for each in rows for name in (each.model, each.mechanism, f"{each.model} {each.mechanism}")}
    return sorted((name for name in names if re.search(r"\d", name)), key=len, reverse=True)


def needs_link(sentence, names=()):
    """Whether it has a figure that is a result, and links to no row."""
    text = html.unescape(re.sub(r"<[^>]*>", "", sentence))
    if "<a class=row" in sentence or any(re.search(words, text) for words in EXCEPTIONS):
        return False
    for name in names:
        text = text.replace(name, "")
    for pattern in NO_RESULT:
        text = re.sub(pattern, "", text)
    return re.search(r"\d", text) is not None


@pytest.mark.parametrize(
    "sentence",
    ["It takes 12 ns.", "It grows in 8 of 12 cells.", "A share of 40 %.", "sender task-p2300 takes 4.1 times as much.",
     "With gcc-12.2.0 it takes 3 more instructions.", "It is 48 bytes and 0 allocations at -O2.", "In C: 1 to 5."],
)
def test_a_result_without_a_link_is_seen(sentence):
    assert needs_link(sentence, ["task-p2300"])
    assert not needs_link(re.sub(r"(\d+)", r'<a class=row href="#stack-2">\1</a>', sentence))


@pytest.mark.parametrize(
    "sentence",
    ["With gcc-12.2.0 and clang-19.1.7 at -O2 and O3 it grows.", "sender task-p2300 (depth=4,state=8) does.",
     "By P2300R10 4.4 it is so, and in P4003R4 too.", "The 99 % interval tells, within 1 %, no difference.",
     "With 64 B, 4 KiB, 50,000 connections and chains of 4 coroutines it is told."],
)
def test_a_name_a_version_a_setting_or_a_size_is_no_result(sentence):
    assert not needs_link(sentence, ["task-p2300"])


@pytest.mark.parametrize("section", SECTIONS)
def test_every_sentence_with_a_result_links_to_it(reported, section):
    sentences = reported.sentences(section)
    assert [each for each in sentences if needs_link(each, reported.names)] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_leads_with_what_can_be_read(reported, section):
    """Few words first, and no sentence that is as long as a table."""
    sentences = [html.unescape(re.sub(r"<[^>]*>", "", each)) for each in reported.sentences(section)]
    assert [each for each in sentences if len(each) > LONGEST] == []
    short = reported.short(section)
    assert not short or len(html.unescape(re.sub(r"<[^>]*>", "", short.group(1)))) <= LONGEST_SHORT


# --- What a link says is what its row says ---


ONE_NUMBER = re.compile(r"(-?[\d,]*\.?\d+)( (ns|µs|us|ms|bytes?|B|%|times|instructions?|allocations?))?")


def says(shown, value, others=()):
    """Whether a number as shown is a row's value: as it is, inverted, in per cent, in thousands, of a part that
    changed; or what it is more than another row of the same case, or how many times as much."""
    digits = len(shown.partition(".")[2])
    number, step = float(shown), 10.0 ** -digits
    known = [value, abs(100 * (value - 1))]
    known += [100 * value, value / 1e3, value / 1e6, *([1 / value] if value else [])] if number else []
    known += [abs(value - other) for other in others] + [value / other for other in others if other]
    return any(abs(number - each) <= max(0.51 * step, 0.006 * abs(each)) for each in known)


def test_what_a_number_may_be_of_its_row():
    assert says("12.5", 12.5) and says("0.08", 12.5) and says("38", 0.379) and says("3", 12.5, [9.5])
    assert not says("13.5", 12.5) and not says("3", 12.5, [8.5]) and not says("0", 12.5, [9.5])


@pytest.mark.parametrize("section", [*SECTIONS, "found"])
def test_a_number_that_links_is_that_of_its_row(reported, section):
    if section == "found":
        sentences = re.findall(r"<li class=\"finding.*?</li>", reported.page, re.DOTALL)
    else:
        sentences = reported.sentences(section)
    wrong, checked = [], 0
    for sentence in sentences:
        for name, text in re.findall(r'<a class=row href="#([^"]*)">(.*?)</a>', sentence):
            one = ONE_NUMBER.fullmatch(html.unescape(text))
            value = reported.rows[html.unescape(name)].value
            if not one or value is None:
                continue
            checked += 1
            its = reported.rows[html.unescape(name)]
            others = reported.alike[its.experiment, its.variant, its.toolchain, its.metric]
            others = [other.value for other in others if other is not its and other.value is not None]
            if not says(one.group(1).replace(",", ""), value, others):
                wrong.append((text, value, sentence))
    assert wrong == []
    assert checked or section not in ("opstate", "found")
