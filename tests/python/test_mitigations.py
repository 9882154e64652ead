"""What the report says about the mitigations, made from committed results."""

import shutil

import pytest

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


def test_the_order_of_the_costs_follows_the_data(results):
    assert "sender scheduler 15, sender handshake-exchange 20." in section(results)
    old = f"handshake-exchange\tcompletes=inline\t{MAIN}\tns_per_op\tns\t20\t18\t22"
    change(results, old, old.replace("\t20\t18\t22", "\t14\t13\t15"))
    assert "sender handshake-exchange 14, sender scheduler 15." in section(results)
    assert "to 15 (scheduler); an awaitable's 3 to 4." in report(results, "headlines")


def test_who_waits_follows_the_data(results):
    assert "gets its turn after 1 to 17 completions with an inline budget or the scheduler" in report(results)
    old = f"trampoline\tstarvation=unbounded\t{MAIN}\twaited_completions_max\tcount\t256\t256\t256"
    change(results, old, old.replace("256", "40"))
    assert "after 1 to 40 completions with an inline budget, the scheduler or the trampoline;" in report(results)


def test_what_cannot_be_had_is_said(results):
    found = section(results)
    assert "Not to be had: sender inline-known." in found
    assert "clang-19.1.7: today's protocol 28, returning 28, tail 28." in found
    table = (results / "tables" / "mitigations.md").read_text()
    assert "| sender tail | ? | - | ? | 28 | - | 256 | a language feature |" in table


def test_the_futures_are_set_beside_today(results):
    found = section(results)
    assert "returning takes no more operation state than today's protocol in 2 pipelines" in found
    assert "tail takes 0 to 8 bytes more operation state than today's protocol in 2 pipelines" in found
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
    assert "An innocent connection waits for 256 completions" in found
    assert not (results / "figures" / "mitigations.dat").exists()


def without(results, words):
    tsv = results / "results" / "mitigations.tsv"
    tsv.write_text("".join(f"{line}\n" for line in tsv.read_text().splitlines() if words not in line))
    report(results, "tables")
    return results / "figures" / "mitigations.dat"


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("words", ["sender\tp2300", "awaitable\tready", "sender\tscheduler"])
def test_the_figure_can_lack_a_line(results, words):
    draw(without(results, words), results / "mitigations.svg")


@pytest.mark.parametrize("words", ["sender\tbudget", "awaitable\t"])
def test_without_both_models_there_is_no_figure(results, words):
    assert not without(results, words).exists()
