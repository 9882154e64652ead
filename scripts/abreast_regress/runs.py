"""A run: its rows, and what must be the same before two runs may be compared."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from abreast_report.rows import BadResults, parse_line, read_results

from .metrics import COUNTED
from .status import ERROR, NOTHING, Stop


class Identity(NamedTuple):
    """Deterministic figures of runs that differ in one of these are not comparable."""

    processor: str
    toolchain: str
    libc: str
    mode: str  # how long its cells ran


@dataclass
class Run:
    name: str
    identity: Identity
    rows: list
    info: dict

    @property
    def revision(self):
        return str((self.info.get("git") or {}).get("revision") or "unknown")

    @property
    def date(self):
        return str(self.info.get("start") or "unknown")


def cell(row):
    return f"{row.experiment}/{row.model}/{row.mechanism}/{row.variant}"


def key(row):
    return (row.experiment, row.model, row.mechanism, row.variant, row.toolchain, row.metric)


def wants(filters, name):
    """A word is an experiment, model or mechanism; anything else a part of the cell's name, or a pattern of it all."""

    def one(text):
        if any(sign in text for sign in "*?["):
            return fnmatchcase(name, text)
        return text in name.split("/") or (not text.isalpha() and text in name)

    return not filters or any(one(text) for text in filters)


def identity_of(info, where):
    try:
        machine = info["machine"]["cpu_model"]
        main = [entry for entry in info["toolchains"] if entry.get("role") == "main"]
        identity = Identity(machine, main[0]["name"], info["libc"], info["mode"])
    except (KeyError, IndexError, TypeError):
        raise Stop(f"{where}: it does not say processor, main toolchain, libc and mode: measure again") from None
    if not all(isinstance(part, str) and part for part in identity):
        raise Stop(f"{where}: processor, toolchain, libc or mode is empty: measure again")
    return identity


def read_info(path):
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Stop(f"{path.parent} has no {path.name}: it is no finished run", NOTHING) from None
    except (OSError, ValueError) as error:
        raise Stop(f"{path} cannot be read: {error}") from None
    if not isinstance(info, dict) or info.get("schema") != 1:
        raise Stop(f"{path}: its schema is not 1: use the version of scripts/regress that belongs to the run")
    return info


def read_run(folder):
    """A run folder, whole: the smallest doubt is an error, and nothing measured is one too."""
    folder = Path(folder)
    info = read_info(folder / "run.json")
    try:
        results = read_results(folder / "results")
    except BadResults as error:
        raise Stop(f"{folder}/results: {error}") from None
    except (OSError, ValueError) as error:
        raise Stop(f"{folder}/results cannot be read: {error}") from None
    rows = [row for rows in results.values() for row in rows]
    if not rows:
        raise Stop(f"{folder}: nothing was measured", NOTHING)
    check_rows(rows, folder)
    identity = identity_of(info, folder / "run.json")
    if identity.mode == "smoke":  # what no compiler here can build is said to lack what no other cell has either
        rows = [row for row in rows if not (row.missing and row.metric in COUNTED)]
    return Run(str(folder), identity, rows, info)


def check_rows(rows, where):
    seen = set()
    for row in rows:
        if key(row) in seen:
            raise Stop(f"{where}: {row.metric} of {cell(row)} is there twice with {row.toolchain}")
        seen.add(key(row))
        if row.value is not None and not (isfinite(row.value) and isfinite(row.low) and isfinite(row.high)):
            raise Stop(f"{where}: {row.metric} of {cell(row)} is no finite number")


def parse_rows(text, where):
    """Rows as `abreast measure` prints them: no header. `?` and its reason may end a line."""
    try:
        rows = [
            parse_line("\t".join(line.split("\t")[:11]), f"{where}:{number}")
            for number, line in enumerate(text.splitlines(), 1)
            if line
        ]
    except BadResults as error:
        raise Stop(str(error)) from None
    check_rows(rows, where)
    return rows


def write_text(path, text):
    """No half-written file under a final name."""
    path = Path(path)
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise Stop(f"{path} cannot be written: {error.strerror}", ERROR) from None
