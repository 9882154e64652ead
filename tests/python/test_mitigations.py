"""What the report says about the mitigations, made from committed results."""

import shutil

import pytest

from test_opstate import row_linked_after
from test_report import draw, report


def section(results):
    report(results, "tables")
    return (results / "tables" / "findings.md").read_text().partition("\n## mitigations\n")[2].partition("\n## ")[0]


def change(results, old, new):
    tsv = results / "results" / "mitigations.tsv"
    text = tsv.read_text()
    assert text.count(old) == 1
    tsv.write_text(text.replace(old, new))


MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
WITHIN = "gcc-12.2.0 O2 sib=on exc=on san=none"  # of what has the boundary


def test_the_costs_follow_the_data(results):
    assert "Of the ways out the cheapest takes 4 ns (inline-known), the dearest 20 ns" in section(results)
    old = f"handshake-exchange\tcompletes=inline\t{WITHIN}\tns_per_op\tns\t20\t18\t22"
    change(results, old, old.replace("\t20\t18\t22", "\t30\t13\t45"))
    assert "the dearest 30 ns (handshake-exchange)." in section(results)
    short = report(results, "headlines")
    assert "A completion takes 12 ns where a coroutine awaits a sender by P2300R10's bridge, which lets the" in short
    assert "and 4 to 30 ns by the ways that do not; with awaitables it takes 3 to 4 ns (lower is better)." in short


def test_what_is_less_than_a_nanosecond_apart_is_not_ranked(results):
    old = f"transfer\tcompletes=inline\t{MAIN}\tns_per_op\tns\t4\t3.6\t4.4"
    assert "instructions more; in time 1.0 ns more." in section(results)
    for time in ("2.2", "3.9"):
        new = f"transfer\tcompletes=inline\t{MAIN}\tns_per_op\tns\t{time}\t2\t4.4"
        change(results, old, new)
        old = new
        assert "instructions more; in time no difference beyond placement." in section(results)
    inline_known = f"inline-known\tcompletes=inline\t{MAIN}\tns_per_op\tns\t4\t"
    assert "the cheapest takes 4 ns (inline-known), the" in section(results)
    change(results, inline_known, inline_known.replace("\t4\t", "\t4.6\t"))
    assert "the cheapest takes 4.6 ns, the" in section(results)


def test_the_boundary_decides_what_a_mitigation_costs(results):
    found = section(results)
    assert "inline: with exceptions on a queue round trip 1.2 and a trampoline 0.83;" in found
    assert "with exceptions off a queue round trip 2.8 and a trampoline 2." in found
    table = (results / "tables" / "mitigations.md").read_text()
    assert "| sender p2300 | yes, exceptions on | 12 " in table
    assert "| sender p2300-no-boundary | no, exceptions off | 5 " in table
    found = section(results)
    assert "takes 12 ns in runs of 256 completions, which nest, 5 ns where exceptions are off, " in found


def test_who_waits_follows_the_data(results):
    assert "gets its turn after 1 to 17 completions with an inline budget or the scheduler" in section(results)
    old = f"trampoline\tstarvation=unbounded\t{WITHIN}\twaited_completions_max\tcount\t256\t256\t256"
    change(results, old, old.replace("256", "40"))
    assert "after 1 to 40 completions with an inline budget, the scheduler or the trampoline;" in section(results)


def test_what_cannot_be_had_is_said(results):
    found = section(results)
    assert "clang-19.1.7: today's protocol 31 (28 with exceptions off), returning 28, tail 28." in found
    table = (results / "tables" / "mitigations.md").read_text()
    assert "| sender tail | - | ? | - | ? | 28 | - | all (256 here) | a language feature |" in table


def test_the_futures_are_set_beside_today(results):
    found = section(results)
    assert "returning takes no more operation state than today's protocol in 2 pipelines" in found
    assert "tail takes 0 to 8 bytes more operation state than today's protocol in 2 pipelines" in found


@pytest.mark.parametrize(
    "words, row",
    [
        ("A completion takes", ("p2300", "completes=inline", "ns_per_op")),
        ("with awaitables it takes", ("ready", "completes=inline", "ns_per_op")),
        ("in runs of", ("ready", "starvation=unbounded", "waited_completions_max")),
        ("Of the ways out the cheapest takes", ("inline-known", "completes=inline", "ns_per_op")),
        ("gets its turn after", ("scheduler", "starvation=bounded", "waited_completions_max")),
        ("inline: with exceptions on a queue round trip", ("scheduler", "completes=inline", "ns_per_op")),
    ],
)
def test_a_figure_links_to_its_row(results, words, row):
    fields = row_linked_after(results, "mitigations", words)
    assert (fields[2], fields[3], fields[5]) == row


def test_the_futures_have_their_table(results):
    report(results, "tables")
    table = (results / "tables" / "mitigations-futures.md").read_text()
    assert "| let_value | operation state, bytes | 32 | 32 | 40 |" in table
    assert "| let_value | bytes of values through memory | 0 | 0 | 24 |" in table


def test_without_times_there_are_still_counts(results):
    """As a run without the paired runner leaves it, or one that was filtered."""
    tsv = results / "results" / "mitigations.tsv"
    timed = ("\tns_per_op\t", "\tratio_to_floor\t", "completes=")
    kept = [line for line in tsv.read_text().splitlines() if not any(word in line for word in timed)]
    tsv.write_text("\n".join(kept) + "\n")
    found = section(results)
    assert "with all other ways it waits until the first one has no more at hand (256 here)." in found
    assert not (results / "figures" / "mitigations.dat").exists()


def without(results, words):
    tsv = results / "results" / "mitigations.tsv"
    tsv.write_text("".join(f"{line}\n" for line in tsv.read_text().splitlines() if words not in line))
    report(results, "tables")
    return results / "figures" / "mitigations.dat"


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("words", ["sender\tp2300\t", "awaitable\tready\t", "sender\tscheduler\t"])
def test_the_figure_can_lack_a_line(results, words):
    draw(without(results, words), results / "mitigations.svg")


@pytest.mark.parametrize("words", ["sender\tp2300+budget", "sender\tmember+budget", "awaitable\t"])
def test_without_both_models_there_is_no_figure(results, words):
    assert not without(results, words).exists()
