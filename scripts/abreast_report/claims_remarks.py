"""What stands beside a verdict: where alone it was measured, what it does not count and why, and why there is none."""

from . import links
from .claims_figures import said
from .claims_minutes import OWN
from .claims_rules import in_cxx
from .rows import cited

NOT_BUILT = "not built"  # begins the reason of a program that was skipped
ANY = "-"  # such a program has cells of every experiment whose costs are counted with other compilers and options
TIMED = ("ns_", "ratio_to_")  # but nothing of these, and none of programs of their OWN


def measured_where(judged, condition):
    """[sentence] where one compiler, level or language alone was measured: of others nothing is known."""
    rows = [row for one in judged if one.clause.quantifier != "where" for case in one.cases for row in case.rows]
    found = {(row.setting.compiler, dict(row.setting.options).get("opt"), in_cxx(row.model)) for row in rows}
    compilers, levels, languages = map(set, zip(*found)) if found else ((), (), ())
    words = [f"with {name}" for name in compilers if len(compilers) == 1]
    words += [f"at {level}" for level in levels if len(levels) == 1 and f"at {level} " not in condition]
    words += ["in C++" if cxx else "in C" for cxx in languages if len(languages) == 1]
    return [f"measured {' '.join(words)} alone"] if words else []


def remarks(judged, info):
    """What a rule names and the run does not tell, or the rule leaves out."""
    found = []
    lacking = [row for one in judged for row in one.missing]
    if lacking:
        found.append(f"{count(lacking)} without a figure, for {why_missing(lacking[0], info)}")
    for one in judged:
        clause = one.clause
        if one.unnamed:
            found.append(f"{', '.join(one.unnamed)}, of which this run has no such rows")
        if one.untried:
            found.append(f"{count(one.untried)} that this mode does not try")
        if one.alone:
            found.append(f"{count(one.alone)} without {said(clause.right)} to be compared with")
        if one.left_out:
            metric = f"{clause.left.metric.replace('_', ' ')} of {said(clause.left)}"
            found.append(f"{count(one.left_out)} where {metric} is not {' or '.join(clause.words)}")
    return list({links.plain(text): text for text in found}.values())


def count(rows):
    return f"{cited(len(rows), rows[0])} row{'s' * (len(rows) != 1)}"


def unbuilt(claim, results, info):
    """[sentence]: programs with cells of the claim are not there, so that it is judged by fewer cases."""
    parts = [part for clause in claim.clauses for part in clause.selections() if part.experiment in results]
    asked = {(part.experiment, in_cxx(model)) for part in parts for model in part.models}
    asked |= {(ANY, True) for part in parts if not (part.experiment in OWN or part.metric.startswith(TIMED))}
    lacking = []
    for entry in info.get("skipped", []):
        name, reason = entry.get("experiment"), entry.get("reason", "")
        if reason.startswith(NOT_BUILT) and (name, name == ANY or "cxx" in entry.get("what", "")) in asked:
            lacking.append(reason)
    return [f"{len(lacking)} program{'s' * (len(lacking) != 1)}, {lacking[0]}"] if lacking else []


def reason(claim, judged, results, info):
    """Why there is no case."""
    if not claim.clauses:
        return claim.notes
    absent = [name for name in claim.experiments if name not in results]
    if absent:
        skipped = [entry for entry in info.get("skipped", []) if entry.get("what", "-") == "-"]  # as a whole
        told = [entry for entry in skipped if entry.get("experiment") in absent]
        why = f": {told[0].get('reason', '?')}" if told else ""
        return f"{' and '.join(absent)} was not run{why}"
    for one in judged:
        if one.left_out:
            metric = f"{one.clause.left.metric.replace('_', ' ')} of {said(one.clause.left)}"
            return f"{metric} is nowhere {' or '.join(one.clause.words)} that the rest was measured"
    for one in judged:
        if one.cases:
            continue
        if one.missing:
            return f"{one.missing[0].metric} is missing: {why_missing(one.missing[0], info)}"
        return f"this run has no {one.empty.metric} of {one.empty.text}{why_skipped(one.empty, info)}"
    return "its figures were measured at no toolchain that they have in common"


def why_missing(row, info):
    for entry in info.get("missing", []):
        if all(entry.get(key) == getattr(row, key) for key in ("experiment", "model", "mechanism", "metric")):
            return entry.get("reason", "?")
    return row.text


def why_skipped(selection, info):
    told = [entry for key in ("missing", "skipped") for entry in info.get(key, [])]
    for entry in told:
        words = f"{entry.get('what', '')} {entry.get('mechanism', '')}".split()
        if entry.get("experiment") == selection.experiment and set(words) & set(selection.mechanisms):
            return f": {entry.get('reason', '?')}"
    return ""
