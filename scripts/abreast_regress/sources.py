"""What the words A and B of a comparison name: a run folder, a build folder, or a git revision, which is built."""

import datetime
import hashlib
import json
import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from abreast_report.rows import COLUMNS

from .runs import Identity, Run, parse_rows, read_run
from .status import NOTHING, Stop

ROOT = Path(__file__).resolve().parents[2]
BUILDS = ROOT / "build" / "revisions"  # of revisions; nothing else is kept there
# No cells of other compilers and no other libraries: what `measure` and `time` need, and no more.
CONFIGURE = ["-DCMAKE_BUILD_TYPE=Release", "-DABREAST_LEVELS=", "-DABREAST_PEERS=none"]


@dataclass
class Source:
    name: str
    executable: Path = None  # of a build or a revision
    run: Run = None  # of a run folder


def output(command, what, cwd=ROOT, timeout=1800):
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stop(f"{what}: {error}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        if done.returncode == NOTHING:
            raise Stop(f"{what}: {said[-1].removeprefix('abreast: ')}", NOTHING)
        raise Stop(f"{what}: {command[0]} ended with {done.returncode}: {said[-1]}")
    return done.stdout


def resolve(word, say):
    path = Path(word)
    if (path / "run.json").is_file():
        return Source(word, run=read_run(path))
    for executable in (path / "abreast", path):
        if executable.is_file() and os.access(executable, os.X_OK):
            return Source(word, executable=executable.resolve())
    if path.is_dir():
        raise Stop(f"{word} is a folder with neither run.json (a run) nor abreast (a build)", NOTHING)
    return Source(word, executable=build_revision(word, say))


def build_revision(word, say):
    """The executable of a revision of this repository, from build/revisions/<revision>-<compilers>, made there if need
    be."""
    try:
        revision = output(["git", "rev-parse", "--verify", "--quiet", f"{word}^{{commit}}"], word).strip()
    except Stop:
        raise Stop(f"'{word}' is no run folder, no build folder and no revision of {ROOT.name}'s repository") from None
    folder = BUILDS / f"{revision[:12]}-{compilers()}"
    executable = folder / "build" / "abreast"
    if executable.exists():
        say(f"{word}: built before, in {folder.relative_to(ROOT)}")
        return executable
    say(f"{word}: building {revision[:12]} in {folder.relative_to(ROOT)}: about two minutes")
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as archive:
        packed = subprocess.run(["git", "archive", revision], cwd=ROOT, stdout=archive, check=False)
        archive.seek(0)
        if packed.returncode or subprocess.run(["tar", "-x"], cwd=source, stdin=archive, check=False).returncode:
            raise Stop(f"{word}: its sources could not be unpacked in {source}")
    build = folder / "build"
    output(["cmake", "-S", source, "-B", build, "-G", "Ninja", *CONFIGURE], f"{word}: configuring")
    output(["cmake", "--build", build, "--target", "abreast"], f"{word}: building")
    return executable


def digest(path):
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}") from None


def compilers():
    """What tells the compilers that a build would take from others: a build of before may be of another."""
    named = [shlex.split(os.environ.get(name, usual)) for name, usual in (("CC", "cc"), ("CXX", "c++"))]
    said = [output([*words, "--version"], f"the compiler {words[0]}") for words in named]
    return hashlib.sha256("".join(said).encode()).hexdigest()[:8]


def identity_of(executable):
    text = output([executable, "env", "--json"], f"{executable} env", timeout=60)
    try:
        info = json.loads(text)
        return Identity(info["machine"]["cpu_model"], info["toolchain"], info["libc"], "counted"), info
    except (ValueError, KeyError, TypeError):
        raise Stop(f"{executable} env --json does not say processor, toolchain and libc") from None


def count(source, filters, full=False):
    """The deterministic rows of an executable, measured now."""
    identity, info = identity_of(source.executable)
    what = f"{source.name}: measuring"
    text = output([source.executable, "measure", "--full" if full else "--quick", *filters], what)
    rows = parse_rows(text, source.name)
    if not rows:
        names = "'abreast list --variants' shows what a filter can name"
        raise Stop(f"{source.name}: nothing was measured: {names}", NOTHING)
    return Run(source.name, identity, rows, info)


def timed_cells(executable, filters, quick):
    """Names of the cells that have times and that the filters want; `quick`: only those of quick mode."""
    lines = output([executable, "list", "--variants", "--tsv", *filters], f"{executable} list", timeout=60).splitlines()
    cells = []
    for line in lines[1:]:
        fields = line.split("\t")
        if len(fields) >= 6 and "timed" in fields[5].split(",") and (not quick or "quick" in fields[4].split(",")):
            cells.append("/".join(fields[:4]))
    return cells


def git_revision():
    """This working tree's, with "-dirty" where it was changed; "unknown" outside a repository."""
    try:
        revision = output(["git", "rev-parse", "HEAD"], "git").strip()
        changed = output(["git", "status", "--porcelain", "--untracked-files=no"], "git").strip()
        return revision + ("-dirty" if changed else "")
    except Stop:
        return "unknown"


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def as_tsv(rows):
    lines = ["\t".join(COLUMNS)]
    for row in rows:
        numbers = [row.text if number is None else f"{number:.17g}" for number in (row.low, row.high)]
        samples = "?" if row.samples is None else str(row.samples)
        lines.append("\t".join([*(getattr(row, name) for name in COLUMNS[:7]), row.text, *numbers, samples]))
    return "\n".join(lines) + "\n"


def samples_text(timings):
    """Every sample: ns per operation, a line a round."""
    lines = ["# abreast samples 1", "cell\tround\ta_ns\tb_ns\tcontrol_ns"]
    for timing in timings:
        rounds = zip(timing.before, timing.after, timing.control)
        for at, three in enumerate(rounds, 1):
            lines.append("\t".join([timing.cell, str(at), *(f"{ns:.6g}" for ns in three)]))
    return "\n".join(lines) + "\n"
