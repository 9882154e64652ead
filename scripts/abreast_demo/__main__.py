"""scripts/demo: shows the scenes of the teaching demo in a terminal, and writes their traces for a run."""
import argparse
import json
import os
import pathlib
import sys

from . import handout, player, scenes, text


def write(path, content):
    """Text, or what becomes JSON: under its final name only once it is whole."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    if not isinstance(content, str):
        content = json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n"
    aside.write_text(content)
    aside.replace(path)


def record(options):
    folder = pathlib.Path(options.out) / "demo"
    listed = scenes.listed()
    traces = [scenes.record(options.recorder, scene) for scene in listed]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for trace in traces:
            write(folder / f"{trace['scene']}.json", trace)
        write(folder / "sources.json", scenes.sources(traces))
        write(folder / "index.json", {"schema": scenes.SCHEMA, "scenes": [scene["name"] for scene in listed],
                                      "events": scenes.meanings()})
    except OSError as error:
        raise scenes.Trouble(f"cannot write to '{folder}': {error.strerror}") from error


def from_traces(make, name):
    """A command that makes DIR/demo/<name> of the traces that are there."""
    def command(options):
        folder = pathlib.Path(options.out) / "demo"
        try:
            traces, sources = player.load(folder)
            info = json.loads((folder.parent / "run.json").read_text()) if (folder.parent / "run.json").exists() else {}
            write(folder / name, make(traces, sources, info))
        except (OSError, ValueError, KeyError) as error:
            reason = getattr(error, "strerror", None) or error
            raise scenes.Trouble(f"'{folder}' has no traces that can be shown: {reason}") from error
    return command


def show(options):
    listed = scenes.listed()
    if options.list:
        width = max(len(scene["name"]) for scene in listed)
        for scene in listed:
            print(f"{scene['name']:<{width}}  {scene['title']}")
        return
    first = scenes.named(options.scene or listed[0]["name"])
    if options.text or not sys.stdout.isatty() or not sys.stdin.isatty():
        for line in text.scene_lines(scenes.record(options.recorder, first), scenes.meanings()):
            print(line)
        return
    try:
        import curses
        from . import stepper
    except ImportError as error:
        raise scenes.Trouble("this python has no curses: use --text") from error
    names = [scene["name"] for scene in listed]

    def load(name):
        trace = scenes.record(options.recorder, scenes.named(name))
        return trace, scenes.sources([trace]), scenes.meanings()

    try:
        stepper.show(names, names.index(first["name"]), load)
    except curses.error as error:
        raise scenes.Trouble(f"this terminal cannot be drawn on ({error}): use --text") from error


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise scenes.Trouble(f"{message}: see abreast --help")


def main():
    parser = Parser(prog="demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("show", help="a scene, in a terminal or as text")
    one.add_argument("scene", nargs="?")
    one.add_argument("--text", action="store_true", help="plain text, also in a terminal")
    one.add_argument("--list", action="store_true", help="the scenes")
    all_of_them = commands.add_parser("record", help="the traces of all scenes, into OUT/demo")
    all_of_them.add_argument("--out", required=True)
    for name in ("player", "handout"):
        made = commands.add_parser(name, help=f"OUT/demo/{name}.html from the traces in OUT/demo")
        made.add_argument("--out", required=True)
    for command in (one, all_of_them):
        command.add_argument("--recorder", required=True, help="the executable demo-recorder of a build")
    try:
        options = parser.parse_args()
        acts = {"show": show, "record": record, "player": from_traces(player.page, "player.html"),
                "handout": from_traces(handout.page, ".handout.html")}
        acts[options.command](options)
        sys.stdout.flush()
    except scenes.Trouble as trouble:
        print(f"demo: {trouble}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 0


sys.exit(main())
