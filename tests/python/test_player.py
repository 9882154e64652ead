"""The player and the handout: what they say follows the traces; in a browser every scene steps to its end and back."""

import json
import re
import shutil
import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_demo import handout, player, player_choices, player_facts, player_words, trace  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_TEST = ROOT / "tests" / "browser" / "player.js"


@pytest.fixture(scope="module")
def out(abreast, tmp_path_factory):
    """The folder of a run that has the demo in it."""
    recorder = abreast.parent / "demo-recorder"
    if not recorder.exists():
        pytest.skip("this build has no recorder: it is made on x86-64 without sanitizers")
    folder = tmp_path_factory.mktemp("player") / "out"
    for command in (["record", "--recorder", recorder], ["player"], ["handout"]):
        done = run(ROOT / "scripts" / "demo", *command, "--out", folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def traces(out):
    return player.load(out / "demo")[0]


def scene_of(traces, name):
    return next(scene for scene in traces if scene["scene"] == name)


def sides_of(scene):
    return {side["model"]: (side, trace.replay(side)) for side in scene["sides"]}


def test_the_player_is_one_file_that_asks_for_nothing(out):
    text = (out / "demo" / "player.html").read_text()
    assert len(text.encode()) < 400_000
    program = text[:text.index("<script type=application/json")] + text[text.index("<script>"):]
    assert "http" not in program.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    for word in ("fetch(", "XMLHttpRequest", "@import", "url(", " src="):
        assert word not in program
    assert "What this does not show" in text
    for limit in player_words.LIMITS:
        assert json.dumps(limit)[1:-1] in text


def unpacked(data, side):
    """As trace.js does it: [(event, stack, alive)]."""
    stack, steps = [], []
    for number in side["steps"]:
        site, gone, pushed, alive, _ = data["steps"][number]
        stack = stack[:len(stack) - gone] + [tuple(data["frames"][frame]) for frame in pushed]
        steps.append((data["sites"][site][2], stack, data["alive"][alive]))
    return steps


def test_what_is_packed_is_the_trace(out, traces):
    data = player.data(*player.load(out / "demo"), {})
    for scene, shown in zip(traces, data["scenes"]):
        for side, packed in zip(scene["sides"], shown["sides"]):
            states = trace.replay(side)
            steps = unpacked(data, packed)
            assert [step[0] for step in steps] == [state.event for state in states]
            assert [step[1] for step in steps] == [[tuple(frame) for frame in state.stack] for state in states]
            assert [len(step[2]) for step in steps] == [len(state.objects) for state in states]


def test_every_step_has_words_and_a_line_of_source(out, traces):
    data = player.data(*player.load(out / "demo"), {})
    for file, line, event, *_ in data["sites"]:
        assert player_words.EVENTS.get(event), event
        lines = [text[line - first] for first, text in data["sources"][data["files"][file]]
                 if first <= line < first + len(text)]
        assert lines and lines[0].strip(), f"{data['files'][file]}:{line}"


def test_the_right_choice_is_what_the_answer_says(traces):
    offered = 0
    for scene in traces:
        found = player_choices.of(scene, [trace.replay(side) for side in scene["sides"]])
        assert len(found) == len(scene["prompts"])
        for prompt, (choices, right) in zip(scene["prompts"], found):
            assert len(set(choices)) == len(choices) != 1
            if choices:
                offered += 1
                said = re.findall(r"[\d,]+\d|\d", prompt["answer"].replace(",", ""))
                assert all(word in said for word in re.findall(r"\d+", choices[right].replace(",", "")))
    assert set(player_choices.CHOICES) <= {(scene["scene"], number) for scene in traces
                                           for number in range(len(scene["prompts"]))}
    assert offered > len(player_choices.CHOICES)


def test_a_choice_follows_the_figures():
    choices, right = player_choices.numbers(" bytes")(1584, 0)
    assert choices[right] == "awaitable 1,584, sender 0 bytes" and "awaitable 0, sender 1,584 bytes" in choices
    assert player_choices.which(1, 0) == (list(player_choices.BOTH), 1)
    assert player_choices.yes(False) == (["yes", "no"], 1)


def test_the_launch_and_the_end_are_not_counted_as_reads(traces):
    for side, states in sides_of(scene_of(traces, "hundred")).values():
        reads = player_facts.of_reads(states)
        assert reads[0].event == "ASK" and reads[-1].event == "GOT"
        assert sum(player_facts.count(reads, event) for event in ("NESTED_RESUME", "TRANSFER")) == side["reads"]


def test_a_growing_stack_is_explained_by_the_frames_that_stay(traces):
    for scene in traces:
        for side, states in sides_of(scene).values():
            grown = player_facts.growth(states)
            if grown["kind"] == "linear":
                asks = player_facts.asked(states)
                left = player_facts.between(states[asks[1]], states[asks[2]])
                assert sum(size for _, size in left) == grown["slope"]
                assert all(name in player_facts.why(side, states) for name, _ in left)


def test_the_growth_is_told_from_the_depths():
    def at(depths):
        return [trace.State(["ASK", "body", "a.c", 1], [("body", depth)], [], []) for depth in depths]

    assert player_facts.growth(at([40, 56, 72])) == {"kind": "linear", "slope": 16, "base": 24, "most": 72}
    assert player_facts.growth(at([40, 40, 40]))["kind"] == "constant"
    assert player_facts.growth(at([40, 56, 40]))["kind"] == "bounded"
    assert player_facts.growth(at([40, 56]))["slope"] is None


def test_the_hundred_reads_show_both_kinds(traces):
    sides = sides_of(scene_of(traces, "hundred"))
    for side, states in sides.values():
        counted = player_facts.count(states, "NESTED_RESUME"), player_facts.count(states, "TRANSFER")
        grown = player_facts.growth(states)
        if side["rests_on"].startswith(("compiler", "language")):
            assert grown["kind"] == "constant" and counted[1] > counted[0]


def test_the_handout_shows_the_figures_of_the_trace(out, traces):
    text = (out / "demo" / ".handout.html").read_text()
    scene = scene_of(traces, handout.SCENE)
    for side, states in sides_of(scene).values():
        asks = player_facts.asked(states)
        for count in (1, 10, len(asks)):
            assert f">{states[asks[count - 1]].stack_bytes:,}</text>" in text
    assert "scripts/reproduce" in text and "revision " in text
    assert text.count("<tr><th>") >= 10
    for scene in traces:
        assert scene["title"] in text


def test_the_handout_is_two_pages(out, tmp_path):
    for tool in ("weasyprint", "pdfinfo"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    done = run("weasyprint", "--quiet", out / "demo" / ".handout.html", tmp_path / "handout.pdf")
    assert done.returncode == 0, done.stderr
    about = run("pdfinfo", tmp_path / "handout.pdf").stdout
    assert "Pages:           2\n" in about and "A4" in about


def test_without_traces_it_says_so(tmp_path):
    done = run(ROOT / "scripts" / "demo", "player", "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "has no traces" in done.stderr


# ---- In a browser ----

@pytest.fixture(scope="module")
def browser():
    """(node, playwright-core, a Chromium), or a skip that says what is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    chromium = next((path for path in map(shutil.which, BROWSERS) if path), None)
    for what, path in (("node", node), ("chromium", chromium)):
        if not path:
            pytest.skip(f"{what} is not installed")
    folder = ROOT / "build" / "browser"
    module = folder / "node_modules" / "playwright-core"
    if not module.exists():
        if not npm:
            pytest.skip("npm is not installed, and playwright-core is not there")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(BROWSER_TEST.parent / "package.json", folder)
        try:
            done = run(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder, timeout=60)
        except OSError as error:
            pytest.skip(f"npm does not start: {error.strerror}")
        if done.returncode or not module.exists():
            pytest.skip("playwright-core could not be installed: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    return node, module, chromium


@pytest.fixture(scope="module")
def found(browser, out):
    node, module, chromium = browser
    done = run(node, BROWSER_TEST, module, chromium, out / "demo" / "player.html", timeout=180)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_complains_and_nothing_is_asked_for(found):
    assert found["errors"] == []
    assert found["requests"] == []


def test_every_scene_steps_to_its_end_and_back(found, traces):
    assert list(found["scenes"]) == [scene["scene"] for scene in traces]
    for scene in traces:
        one = found["scenes"][scene["scene"]]
        assert one["end"] == one["last"] == len(trace.pairs(scene["ticks"])) - 1
        assert one["begin"] == 0 <= one["eventBack"] < one["last"]
        assert one["eventOn"] > 0
        assert one["questions"] > 0
        assert "Why" in one["summary"]


def test_who_waits_is_marked_before_the_coroutine_asks_again(found, traces):
    for number, (side, states) in enumerate(sides_of(scene_of(traces, "read")).values()):
        since, waits, marked = found["waiting"][number]
        deeper = player_facts.deeper(states)
        assert since.endswith(f"{'+' if deeper > 0 else ''}{deeper} B since it asked")
        assert waits == f"waits for calls to return: {deeper} B"
        assert marked == [name for name, _ in player_facts.between(*player_facts.first_round(states))]


def test_keys_work_from_every_control(found):
    assert found["onSlider"] == [True, True]  # the question came up, and the step did not go by
    assert found["onList"] == 1
    assert found["afterGoOn"] == "forward"


def test_what_is_no_number_is_said(found):
    assert all("whole number" in text for text in found["wrong"]) and len(found["wrong"]) == 3


def test_a_link_behind_the_end_is_the_end(found):
    assert found["behind"][0] == found["behind"][1] > 0


@pytest.mark.parametrize("size", ["wide", "small"])
def test_the_presenter_shows_memory_and_at_the_end_the_stacks(found, size):
    memory, stacks = found["sizes"][size]["inPresenter"]
    assert memory is True and stacks is True


def test_links_play_presenter_and_numbers(found, traces):
    assert found["linked"][0] == "hundred" and found["linked"][1].startswith("step 40 of ")
    assert found["played"][1] == "Play" and found["address"] == f"#scene=read&step={found['played'][0]}"
    assert found["presenter"] is True
    assert found["still"] == "0s"
    for side, states in sides_of(scene_of(traces, "hundred")).values():
        grown = player_facts.growth(states)
        line = next(one for one in found["small"].splitlines() if side["mechanism"] in one)
        rest = found["small"][found["small"].index(line):]
        full = f"{(65536 - grown['base']) // grown['slope']:,} completions" if grown["slope"] else "never"
        assert full in rest


@pytest.mark.parametrize("size", ["wide", "small", "phone"])
def test_nothing_is_cut_off(found, size):
    assert {name: found["sizes"][size][name] for name in ("wide", "controls", "presenter", "asked")} == {
        "wide": [], "controls": True, "presenter": [], "asked": True}
