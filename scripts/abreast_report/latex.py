"""A table in LaTeX: booktabs in a plain article, for pasting into a paper.

    \\documentclass{article}
    \\usepackage{booktabs,graphicx}
    \\begin{document}
    \\input{tables/mitigations.tex}
    \\end{document}

Text is ASCII where it is not LaTeX's own: what a plain article has no letter for becomes a command. A column of words
has a width and breaks its lines. A table that is somewhat wider than the text is made smaller (graphicx); a wider one
becomes several by its columns, each with the first; and one of more than a page several by its rows, each with the
head. A file's first line says which packages it needs."""

from dataclasses import replace

from . import links

PAGE = 44  # lines of a part
WIDE = 18  # characters beyond which a column breaks its lines
LONG = 60  # and up to which more letters give it more room
LEAST = 10  # that it has at least
WHOLE = 82  # what fits across a page in footnotesize, in characters
GAP = 1.4  # between two columns
SMALLEST = 0.75  # times footnotesize: 6 of 8 points
COMMANDS = {
    "\\": "\\textbackslash{}",
    "{": "\\{",
    "}": "\\}",
    "&": "\\&",
    "%": "\\%",
    "$": "\\$",
    "#": "\\#",
    "_": "\\_",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    '"': "''",
    "→": "$\\rightarrow$",
    "×": "$\\times$",
    "±": "$\\pm$",
    "≤": "$\\leq$",
    "≥": "$\\geq$",
    "µ": "$\\mu$",
    "–": "\\textendash{}",
    "—": "\\textemdash{}",
    "[": "{[}",  # after the end of a row both would be its arguments
    "*": "{*}",
    "…": "\\ldots{}",
    "\u00a0": "~",
}


def escaped(text):
    found = "".join(COMMANDS.get(letter, letter if letter.isascii() else "?") for letter in links.plain(str(text)))
    return found.replace("--", "-{}-")  # an option, no dash


def lengths_of(lines):
    """The longest text of each column."""
    return [max(len(links.plain(str(line[index]))) for line in lines) for index in range(len(lines[0]))]


def widths_of(lines):
    """The characters that a line of each column has room for; None where nothing is broken."""
    lengths = lengths_of(lines)
    wide = sum(min(length, LONG) for length in lengths if length > WIDE)
    room = WHOLE - sum(length for length in lengths if length <= WIDE) - GAP * (len(lengths) - 1)
    return [max(LEAST, min(length, LONG) / wide * room) if length > WIDE else None for length in lengths]


def across(lines):
    """How wide the table is, in characters."""
    found = zip(widths_of(lines), lengths_of(lines))
    return sum(width or length for width, length in found) + GAP * (len(lines[0]) - 1)


def lines_of(table, is_heading):
    """Its head and its rows, in columns."""
    head = [column for _, columns in table.heads for column in columns] or table.columns
    return [head, *(row for row in table.rows if not is_heading(row))]


def units_of(table):
    """The columns but the first, as numbers; a group of them is not parted."""
    units, at = [], 0
    for name, columns in table.heads or [("", table.columns)]:
        numbers = list(range(at, at + len(columns)))
        units += [numbers] if name else [[number] for number in numbers]
        at += len(columns)
    return [unit for unit in ([number for number in unit if number] for unit in units) if unit]


def only(table, numbers, is_heading):
    """The table with these of its columns."""
    heads, at = [], 0
    for name, columns in table.heads:
        kept = [column for number, column in enumerate(columns, at) if number in numbers]
        heads += [(name, kept)] if kept else []
        at += len(columns)
    rows = [row if is_heading(row) else [row[number] for number in numbers] for row in table.rows]
    return replace(table, columns=[table.columns[number] for number in numbers], heads=heads, rows=rows)


def in_columns(table, is_heading):
    """The table, or several with some of its columns each, none wider than can be read."""
    lines = lines_of(table, is_heading)
    parts = [[0]]
    for unit in units_of(table):
        wider = [[line[number] for number in parts[-1] + unit] for line in lines]
        if across(wider) * SMALLEST > WHOLE and len(parts[-1]) > 1:
            parts.append([0])
        parts[-1] += unit
    return [only(table, part, is_heading) for part in parts] if parts[1:] else [table]


def columns_of(widths):
    """"l" and "r" where a column is narrow, else its width."""
    return "".join(f"p{{{width / 2:.1f}em}}" if width else "r" if index else "l" for index, width in enumerate(widths))


def height(cells, widths):
    """In lines, as far as that can be told from the number of letters."""
    return max(-(-len(str(cell)) // int(width or WHOLE)) or 1 for cell, width in zip(cells, widths))


def in_parts(rows, widths, is_heading):
    parts, left = [[]], PAGE
    for row in rows:
        needed = 2 if is_heading(row) else height(row, widths)
        if needed > left and parts[-1]:
            parts.append([])
            left = PAGE
        parts[-1].append(row)
        left -= needed
    return parts


def line(cells):
    return " & ".join(escaped(cell) for cell in cells) + " \\\\\n"


def heads_of(table):
    """The head: of columns in groups two lines, the groups with a rule below."""
    if not any(name for name, _ in table.heads):
        return line(table.columns)
    above, below, rules, at = [], [], "", 1
    for name, columns in table.heads:
        above += [f"\\multicolumn{{{len(columns)}}}{{c}}{{{escaped(name)}}}"] if name else [""] * len(columns)
        rules += f"\\cmidrule(lr){{{at}-{at + len(columns) - 1}}}" if name else ""
        below += columns
        at += len(columns)
    return " & ".join(above) + f" \\\\\n{rules}\n" + line(below)


def part(table, rows, label, more, last, is_heading):
    lines = lines_of(table, is_heading)
    body = ""
    for row in rows:
        if is_heading(row):
            title = f"\\textbf{{{escaped(row[0])}}}"
            body += f"\\addlinespace\n\\multicolumn{{{len(table.columns)}}}{{l}}{{{title}}} \\\\\n"
        else:
            body += line(row)
    smaller = across(lines) > WHOLE
    text = "\\begin{table}[htbp]\n\\footnotesize\n\\setlength{\\tabcolsep}{3pt}\n"
    text += f"\\caption{{{escaped(table.title)}{more}}}\n\\label{{tab:{label}}}\n"
    text += "\\resizebox{\\textwidth}{!}{" if smaller else ""
    text += f"\\begin{{tabular}}{{@{{}}{columns_of(widths_of(lines))}@{{}}}}\n\\toprule\n"
    text += heads_of(table) + "\\midrule\n" + body + "\\bottomrule\n\\end{tabular}" + "}" * smaller + "\n"
    words = f"{table.verdict} {table.note}".strip()
    if words and last:
        text += f"\n\\smallskip\n\\parbox{{\\linewidth}}{{{escaped(words)}}}\n"
    return text + "\\end{table}\n"


def latex(table, is_heading):
    """The whole file; is_heading says which rows are headings of those below."""
    found = []
    for narrow in in_columns(table, is_heading):
        widths = widths_of(lines_of(narrow, is_heading))
        found += [(narrow, rows) for rows in in_parts(narrow.rows, widths, is_heading)]
    text = ""
    for number, (narrow, rows) in enumerate(found, 1):
        more = f", part {number} of {len(found)}" if found[1:] else ""
        label = table.name if number == 1 else f"{table.name}-{number}"
        text += ("\n" if text else "") + part(narrow, rows, label, more, number == len(found), is_heading)
    packages = "booktabs,graphicx" if "\\resizebox" in text else "booktabs"
    return f"% Needs \\usepackage{{{packages}}} and nothing else.\n{text}"
