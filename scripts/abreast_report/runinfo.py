"""run.json: what a run says about itself, and what reproduce adds to it."""

import json
from pathlib import Path

from . import claims
from .tables import write_file


def read(folder):
    path = Path(folder) / "run.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def of_this_run(results, info):
    """Only the experiments that the run names: a folder may also hold an earlier run's."""
    named = {stage["name"] for stage in info.get("stages", []) if stage.get("of") != "reproduce"}
    return {name: rows for name, rows in results.items() if name in named} if named else results


def add(folder, root, stages, skipped):
    """Adds the ledger's rules, the stages' seconds and what reproduce skipped. stages: [(name, seconds)]."""
    info = read(folder)
    info.setdefault("ledger", {"rules": claims.fingerprints(Path(root) / "paper")})
    of_run = [stage for stage in info.get("stages", []) if stage.get("of") != "reproduce"]
    info["stages"] = [{"name": name, "seconds": seconds, "of": "reproduce"} for name, seconds in stages] + of_run
    known = info.setdefault("skipped", [])
    for what, reason in skipped:
        entry = {"experiment": "-", "what": what, "reason": reason}
        if entry not in known:
            known.append(entry)
    write_file(Path(folder) / "run.json", json.dumps(info, indent=2, allow_nan=False) + "\n")


def flat(value, name=""):
    """[(dotted name, text)] of everything in a JSON value, the rules' hashes counted only."""
    if name == "ledger.rules":
        return [(name, str(len(value)))]
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in flat(item, f"{name}.{key}" if name else key)]
    if isinstance(value, list):
        if all(not isinstance(item, (dict, list)) for item in value):
            return [(name, ", ".join(scalar(item) for item in value) or "none")]
        if all(set(item) >= {"name", "seconds"} for item in value):
            return [(name, stages_text(value))]
        return [(name, "; ".join(f"{k}: {v}" for k, v in flat(item))) for item in value]
    return [(name, scalar(value))]


def scalar(value):
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "?" if value is None else str(value)


def stages_text(stages):
    """The stages of abreast run stand in brackets after reproduce's stage of that name, of which they are parts."""
    def listed(some):
        return ", ".join(f"{stage['name']} {stage['seconds']:.1f} s" for stage in some)

    outer = [stage for stage in stages if stage.get("of") == "reproduce"]
    inner = [stage for stage in stages if stage.get("of") != "reproduce"]
    if not outer:
        return listed(inner)
    parts = [
        listed([stage]) + (f" (of which {listed(inner)})" if stage["name"] == "run" and inner else "")
        for stage in outer
    ]
    return ", ".join(parts)
