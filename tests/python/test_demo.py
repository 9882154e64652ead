"""abreast demo: what a trace says is what the gated metrics say, and every scene can be stepped through."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_demo import handout, scenes, stepper, trace  # noqa: E402

SCENES = [scene["name"] for scene in scenes.listed()]

# A metric of `phases`, and the events that it counts; as bench/phases/main.c has them.
PER_OP = {
    "phase_transform_per_op": ["TRANSFORM"],
    "phase_connect_per_op": ["CONNECT"],
    "phase_readiness_per_op": ["READINESS"],
    "phase_suspend_per_op": ["SUSPEND"],
    "phase_launch_per_op": ["LAUNCH", "START"],
    "phase_complete_per_op": ["SIGNAL", "SET_VALUE", "SET_ERROR", "SET_STOPPED"],
    "phase_extract_per_op": ["EXTRACT"],
    "suspensions_per_op": ["SUSPEND"],
    "resumptions_per_op": ["RESUME"],
    "transfer_resumptions_per_op": ["TRANSFER"],
    "nested_resumptions_per_op": ["NESTED_RESUME"],
    "op_states_per_op": ["OP_STATE_BUILT"],
    "receivers_per_op": ["RECEIVER_BUILT"],
    "variant_emplacements_per_op": ["VARIANT_EMPLACED"],
    "allocs_per_op": ["ALLOCATE"],
    "table_calls_per_op": ["TABLE_CALL"],
    "executor_calls_per_op": ["EXECUTOR_CALL"],
    "posts_per_op": ["POST"],
    "submissions_per_op": ["SUBMIT"],
}
# Sides of scenes that read as a form of `phases` does, and its name there.
COUNTED = [
    ("awaitable", "read-some", "read-some", "ready later"),
    ("awaitable", "transfer", "transfer", "ready later"),
    ("awaitable", "any-stream", "any-stream", "ready later"),
    ("sender", "p2300", "p2300", "ready later"),
    ("sender", "handshake", "handshake-exchange", "ready later"),
]


@pytest.fixture(scope="session")
def recorder(abreast):
    path = abreast.parent / "demo-recorder"
    if not path.exists():
        pytest.skip("this build has no recorder: it is built on x86-64 without a sanitizer")
    return path


@pytest.fixture(scope="session")
def traces(recorder, tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    done = run("scripts/demo", "record", "--recorder", recorder, "--out", out)
    assert done.returncode == 0, done.stderr
    return out / "demo"


def load(traces, name):
    return json.loads((traces / f"{name}.json").read_text())


def recorded(recorder, *words):
    done = run(recorder, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def main_toolchain(smoke):
    tools = json.loads((smoke / "run.json").read_text())["toolchains"]
    return next(tool["name"] for tool in tools if tool["role"] == "main")


def rows(smoke, experiment, toolchain):
    """{(model, mechanism, variant, metric): value} of one toolchain."""
    found = {}
    for line in (smoke / "results" / f"{experiment}.tsv").read_text().splitlines()[1:]:
        _, model, mechanism, variant, compiled, metric, _, value, *_ = line.split("\t")
        if compiled == toolchain:
            found[model, mechanism, variant, metric] = value
    assert found, f"{experiment} has no rows of {toolchain}"
    return found


# ---- The gated metrics ----


@pytest.mark.parametrize("model, mechanism, form, streams", COUNTED)
def test_a_read_makes_the_events_that_phases_counts(recorder, smoke, model, mechanism, form, streams):
    for stream in streams.split():
        few, more = (trace.replay(recorded(recorder, model, mechanism, stream, str(n))) for n in (3, 4))
        counted = rows(smoke, "phases", recorded(recorder, model, mechanism, stream, "1")["toolchain"])
        for metric, events in PER_OP.items():
            seen = sum(trace.count(more, event) - trace.count(few, event) for event in events)
            assert str(seen) == counted[model, form, f"stream={stream}", metric], (stream, metric)


@pytest.mark.parametrize("model, mechanism", [(side[0], side[1]) for side in COUNTED] + [("sender", "then"),
                                                                                       ("sender", "any-sender")])
def test_the_stack_grows_as_the_meter_measures_the_same_executable(recorder, model, mechanism):
    states = trace.replay(recorded(recorder, model, mechanism, "ready", "40"))
    depths = [state.stack_bytes for state in states if state.event == "GOT"]
    steps = {after - before for before, after in zip(depths, depths[1:])}
    done = run(recorder, "meter", model, mechanism, "1000")
    assert done.returncode == 0, done.stderr
    growth, slope = done.stdout.split()
    assert steps == {int(slope)}
    assert (growth == "linear") == (int(slope) > 0)


def test_the_meter_refuses_what_is_too_short_to_measure(recorder):
    done = run(recorder, "meter", "sender", "p2300", "100")
    assert done.returncode == 1 and done.stdout == "" and "at least 1000" in done.stderr


@pytest.mark.parametrize("model, mechanism, variant", [
    ("awaitable", "transfer", "-"),
    ("sender", "p2300", "boundary=yes"),
    ("sender", "handshake", "boundary=yes,by=exchange"),
    ("sender", "trampoline", "boundary=yes,depth=16,bytes=4096"),
])
def test_the_stack_grows_as_the_experiment_says_of_the_mechanism(recorder, smoke, model, mechanism, variant):
    found = trace.figures(recorded(recorder, model, mechanism, "ready", "100"))
    longer = trace.figures(recorded(recorder, model, mechanism, "ready", "200"))
    toolchain = recorded(recorder, model, mechanism, "ready", "1")["toolchain"]
    growth = rows(smoke, "stack", toolchain)[model, mechanism, variant, "stack_growth"]
    assert (growth == "linear") == (longer["stack_deepest"] > found["stack_deepest"])
    once = trace.figures(recorded(recorder, model, mechanism, "ready", "1"))
    assert (growth == "constant") == (found["stack_deepest"] == once["stack_deepest"])


def test_awaiters_frames_and_blocks_have_the_bytes_that_opstate_says(traces, smoke):
    read, erased = load(traces, "read"), load(traces, "erased")
    bytes_of = rows(smoke, "opstate", main_toolchain(smoke))  # C lays out a struct alike with every compiler
    for scene, mechanism in ((read, "ready"), (erased, "any-stream")):
        for metric, figure in (("awaitable_bytes", "awaiter_bytes"), ("frame_bytes", "frame_bytes")):
            expected = bytes_of["awaitable", mechanism, "algorithm=read-some", metric]
            assert str(scene["figures"]["awaitable"][figure]) == expected, (mechanism, metric)
    block = bytes_of["sender", "any-sender", "algorithm=read-some", "op_state_block_bytes"]
    assert str(erased["figures"]["sender"]["block_bytes"]) == block


# ---- Traces ----


def test_a_trace_is_the_same_in_each_run(recorder, traces, tmp_path):
    assert run("scripts/demo", "record", "--recorder", recorder, "--out", tmp_path).returncode == 0
    files = sorted(path.name for path in traces.iterdir())
    assert files == sorted([f"{name}.json" for name in SCENES] + ["index.json", "sources.json"])
    for name in files:
        assert (traces / name).read_bytes() == (tmp_path / "demo" / name).read_bytes()
    assert sum((traces / name).stat().st_size for name in files) < 250_000
    assert str(ROOT) not in "".join((traces / name).read_text() for name in files)


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_whole(traces, name):
    scene, text = load(traces, name), json.loads((traces / "sources.json").read_text())
    meanings = json.loads((traces / "index.json").read_text())["events"]
    assert [side["model"] for side in scene["sides"]] == ["awaitable", "sender"]
    for i, side in enumerate(scene["sides"]):
        alive, depth = set(), 0
        for step in side["steps"]:
            site, kept, pushed, came, went, _ = (step + [None] * 6)[:6]
            event, function, file, line, *written = side["sites"][site]
            assert event in meanings and function
            assert text[file][line - 1]
            assert not written or f"PROBE({event})" in "".join(text[written[0]][written[1] - 5:written[1]])
            assert not re.match(r" *(PROBE|MARK)\(", text[file][line - 1]), "a probe is shown, not what it stands for"
            if kept is not None:
                assert kept <= depth and all(size > 0 for _, size in pushed)
                depth = kept + len(pushed)
            for number in came or []:
                inside = side["objects"][number][1]
                assert number not in alive and (inside < 0 or inside in alive)
                alive.add(number)
            for number in went or []:
                alive.remove(number)
        assert trace.pairs(scene["ticks"])[-1][i] == len(side["steps"]) - 1
        assert side["rests_on"] and side["models"]
        for number, (kind, _, size, _, offset) in ((n, side["types"][t]) for n, (t, _) in enumerate(side["objects"])):
            inside = side["objects"][number][1]
            assert inside < 0 or offset + size <= side["types"][side["objects"][inside][0]][2], kind
    states = [trace.replay(side) for side in scene["sides"]]
    together = 0
    for pair in trace.pairs(scene["ticks"]):
        events = [states[i][pair[i]].event for i in (0, 1) if pair[i] >= 0]
        together += len(events) == 2 and events[0] == events[1] and events[0] in trace.BEATS
    assert together >= 3, "the sides are not aligned"
    for prompt in scene["prompts"]:
        assert 0 < prompt["tick"] <= len(scene["ticks"]) and "{" not in prompt["question"] + prompt["answer"]


def test_an_allocation_through_the_channel_is_spoiled_by_a_plain_resume_alone(traces):
    awaitable, sender = (trace.objects_of(side) for side in load(traces, "channel")["sides"])
    where = [thing["where"] for thing in awaitable if thing["name"] == "child_body"]
    assert where == ["heap", "heap", "neighbour's heap", "heap"]
    assert [thing["where"] for thing in sender if thing["name"] == "child_body"] == ["heap"] * 4


def test_only_the_senders_stack_grows_in_the_scene_to_watch(traces):
    figures = load(traces, "hundred")["figures"]
    assert figures["awaitable"]["stack_grown"] == 0
    assert figures["sender"]["stack_grown"] == 99 * figures["sender"]["stack_per_read"] > 0


@pytest.mark.parametrize("name", ["suspend", "thens", "erased", "channel", "stop", "when-all"])
def test_a_scene_that_is_not_about_the_stack_leaves_nothing_on_it(traces, name):
    scene = load(traces, name)
    assert [scene["figures"][model]["stack_grown"] for model in ("awaitable", "sender")] == [0, 0]
    assert all(side["elsewhere"] for side in scene["sides"])


def test_the_handout_draws_the_bridge_that_libraries_ship_too(traces):
    text = handout.page([load(traces, name) for name in SCENES], {}, {})
    drawn = re.findall(r"<h3>(.*?)</h3>", text)
    assert drawn == ["Awaitable: transfer", "Sender: handshake", "Sender: p2300"]


# ---- The command ----


def test_the_list_and_the_text(abreast, recorder):
    done = run(abreast, "demo", "--list")
    assert done.returncode == 0 and [line.split()[0] for line in done.stdout.splitlines()] == SCENES
    first = run(abreast, "demo")
    assert first.returncode == 0 and first.stdout.startswith("One synchronous read\n")
    assert first.stdout == run(abreast, "demo", "read", "--text").stdout
    assert "Question:" in first.stdout and "Answer:" in first.stdout and "\x1b" not in first.stdout
    hundred = run(abreast, "demo", "hundred", "--text").stdout
    assert "Why:" in first.stdout and first.stdout.count("It is the same with every compiler") == 1
    assert len(run(abreast, "demo", "trampoline", "--text").stdout.splitlines()) < 600
    assert "the same steps 97 more times" in hundred and len(hundred.splitlines()) < 400


@pytest.mark.parametrize("arguments, told", [
    (["nothing"], "there is no scene 'nothing'"),
    (["--wrong"], "--wrong"),
    (["a", "b"], "unrecognized arguments: b"),
    (list("123456789"), "demo takes a SCENE"),
])
def test_an_error_is_one_line(abreast, recorder, arguments, told):
    done = run(abreast, "demo", *arguments)
    assert done.returncode == 1 and done.stdout == ""
    assert told in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_reader_who_stops_early_is_no_error(abreast, recorder):
    done = run("sh", "-c", f"'{abreast}' demo hundred | head -n 3")
    assert done.returncode == 0 and done.stderr == ""


def test_sources_that_are_not_there_are_told(abreast, recorder, tmp_path):
    done = run(abreast, "demo", env={"ABREAST_SOURCE": str(tmp_path)})
    assert done.returncode == 1 and "ABREAST_SOURCE" in done.stderr


@pytest.mark.parametrize("name", SCENES)
def test_the_stepper_goes_to_the_end_and_back(traces, name):
    scene = load(traces, name)
    text = json.loads((traces / "sources.json").read_text())
    reader = stepper.Stepper(scene)
    asked, keys = set(), 0
    while reader.tick < len(reader.pairs) - 1 or len(reader.done) < len(scene["prompts"]):
        reader.forward()
        keys += 1
        asked.update([reader.asking] if reader.asking is not None else [])
        assert keys <= len(reader.pairs) + 3 * len(scene["prompts"]), "it does not come to its end"
        if keys % 50 == 1:
            for width, height in ((30, 14), (58, 36), (90, 60)):
                for i in (0, 1):
                    lines = stepper.pane(scene, i, reader.states[i], reader.pairs[reader.tick][i], text, {}, width,
                                         height)
                    assert len(lines) <= height and all(len(line) <= width for line in lines)
    assert asked == set(range(len(scene["prompts"])))
    while reader.tick > 0:
        reader.back()
    reader.next_read()
    assert any(reader.states[i][reader.pairs[reader.tick][i]].event == "GOT" for i in (0, 1))
    reader.last_read()
    assert reader.tick == 0


def press(arguments, keys):
    """Runs a command in a terminal, gives it the keys one after the other, and returns its status and what it drew."""
    leader, follower = pty.openpty()
    child = subprocess.Popen(arguments, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                             env={**os.environ, "TERM": "xterm", "LINES": "40", "COLUMNS": "120"}, cwd=ROOT)
    os.close(follower)
    drawn, keys, ends = b"", list(keys), time.monotonic() + 30
    while time.monotonic() < ends:
        ready, _, _ = select.select([leader], [], [], 0.3)
        try:
            got = os.read(leader, 65536) if ready else b""
        except OSError:
            break
        drawn += got
        if not ready and b"q: quit" in drawn and keys:
            os.write(leader, keys.pop(0))
    os.close(leader)
    return child.wait(timeout=10), drawn.decode(errors="replace")


def test_the_stepper_in_a_terminal(abreast, recorder):
    keys = [b"\x1bOC", b"]", b"\x1bOF", b"\x1bOC", b"\x1bOC", b"n", b"q"]
    status, drawn = press([str(abreast), "demo", "hundred"], keys)
    assert status == 0
    for told in ("AWAITABLE: transfer", "SENDER: p2300", "Question: How many bytes", "Answer: awaitable: 0",
                 "with the handshake"):
        assert told in drawn, told
