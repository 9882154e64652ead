"""Where the functions are written that a macro of the models defines: a step in one has the line that uses the macro,
and a reader wants to see what set_value does. So the macros are followed as the preprocessor does, by their arguments,
until one defines a function of that name."""
import functools
import itertools
import re

DEFINES = re.compile(r"(?:void|bool|ssize_t|struct coro|struct io_env) \*?((?:\w+|##)+)\(")
CALL = re.compile(r"\b([A-Z][A-Z_0-9]+)\(")


@functools.lru_cache(maxsize=None)
def macros(root):
    """name: (file, first line, [parameter, ...], [line, ...]) of the macros in the models' headers."""
    found = {}
    for folder in ("common", "awaitable", "sender"):
        for header in sorted((root / folder).glob("*.h")):
            lines = header.read_text().splitlines()
            for number, line in enumerate(lines):
                match = re.match(r"#define (\w+)\(([^)]*)\)", line)
                if match:
                    last = number
                    while lines[last].endswith("\\"):
                        last += 1
                    body = [line[match.end():]] + lines[number + 1:last + 1]
                    parameters = [word.strip() for word in match[2].split(",")]
                    found[match[1]] = (f"{folder}/{header.name}", number + 1, parameters, body)
    return found


def arguments(text, at):
    """What stands between the parenthesis before `at` and its like, at the commas outside all others."""
    found, depth, first = [], 1, at
    for place in range(at, len(text)):
        depth += text[place] in "({"
        depth -= text[place] in ")}"
        if depth == 0 or (depth == 1 and text[place] == ","):
            found.append(text[first:place].strip())
            first = place + 1
        if depth == 0:
            break
    return found


def bind(text, bound):
    """The text with its parameters replaced, and pasted."""
    replaced = re.sub(r"\b[A-Za-z]\w*\b", lambda word: bound.get(word[0], word[0]), text.replace("##", " ## "))
    return re.sub(r" *## *", "", replaced)


def search(root, text, wanted, seen):
    """(file, line) of PROBE(event) in the function that the macros used in `text` define."""
    event, function = wanted
    for call in CALL.finditer(text):
        if call[1] not in macros(root) or call[1] in seen:
            continue
        file, first, parameters, body = macros(root)[call[1]]
        bound = dict(zip(parameters, arguments(text, call.end())))
        defining = False
        for number, line in enumerate(body):
            defines = DEFINES.search(line)
            if defines:
                defining = bind(defines[1], bound) == function
            if defining and f"PROBE({event})" in line:
                return file, first + number
        inner = " ".join(line.rstrip("\\").strip() for line in body)
        found = search(root, bind(inner, bound), wanted, seen | {call[1]})
        if found:
            return found
    return None


def place(root, site):
    """(file, line) where the event of a site is written, where its function is defined by a macro; else null."""
    event, function, file, line = site[:4]
    text = (root / file).read_text()
    if re.search(rf"\b{function}\(", text):
        return None
    return search(root, "\n".join(text.splitlines()[line - 1:line + 8]), (event, function), frozenset())


@functools.lru_cache(maxsize=None)
def lines_of(path):
    return [line.rstrip("\\").strip() for line in path.read_text().splitlines()]


def statement(root, event, file, line):
    """The line to show for an event that was seen at this one: not the probe but the statement behind it, for a call
    of resume() that call; and where a statement has several lines, the first."""
    lines = lines_of(root / file)
    if re.match(r"(PROBE|MARK)\(", lines[line - 1]):
        behind = [number for number in range(line + 1, min(line + 5, len(lines) + 1))
                  if not re.match(r"(PROBE|MARK)\(", lines[number - 1])]
        block = list(itertools.takewhile(lambda number: lines[number - 1][:1] not in ("", "}", "#"), behind))
        if event == "NESTED_RESUME":
            block = [number for number in block if "resume(" in lines[number - 1]] or block
        return block[0] if block else line
    while line > 1 and lines[line - 2].endswith((",", "(")) and not lines[line - 2].startswith(("*", "/*")):
        line -= 1
    return line


def shown(root, site):
    """A site as a reader is to see it."""
    event, function, file, line = site[:4]
    defined = place(root, site)
    found = [event, function, file, statement(root, event, file, line)]
    return found + [defined[0], statement(root, event, *defined)] if defined else found
