"""A table in LaTeX: booktabs in a plain article, for pasting into a paper.

    \\documentclass{article}
    \\usepackage{booktabs}
    \\begin{document}
    \\input{tables/mitigations.tex}
    \\end{document}

Text is ASCII where it is not LaTeX's own: what a plain article has no letter for becomes a command. A column of words
has a width and breaks its lines; a table of more than a page becomes several, each with the head."""

from . import links

PAGE = 44  # lines of a part
WIDE = 18  # characters beyond which a column breaks its lines
LONG = 60  # and up to which more letters give it more room
LEAST = 10  # that it has at least
WHOLE = 82  # what fits across a page in footnotesize, in characters
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


def widths_of(lines):
    """The characters that a line of each column has room for; None where nothing is broken."""
    lengths = [max(len(links.plain(str(line[index]))) for line in lines) for index in range(len(lines[0]))]
    wide = sum(min(length, LONG) for length in lengths if length > WIDE)
    room = WHOLE - sum(length for length in lengths if length <= WIDE)
    return [max(LEAST, min(length, LONG) / wide * room) if length > WIDE else None for length in lengths]


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


def part(table, rows, number, parts, widths, is_heading):
    width = len(table.columns)
    body = ""
    for row in rows:
        if is_heading(row):
            body += f"\\addlinespace\n\\multicolumn{{{width}}}{{l}}{{\\textbf{{{escaped(row[0])}}}}} \\\\\n"
        else:
            body += line(row)
    more = f", part {number} of {parts}" if parts > 1 else ""
    label = table.name if number == 1 else f"{table.name}-{number}"
    text = "\\begin{table}[htbp]\n\\footnotesize\n\\setlength{\\tabcolsep}{3pt}\n"
    text += f"\\caption{{{escaped(table.title)}{more}}}\n\\label{{tab:{label}}}\n"
    text += f"\\begin{{tabular}}{{@{{}}{columns_of(widths)}@{{}}}}\n\\toprule\n"
    text += heads_of(table) + "\\midrule\n" + body + "\\bottomrule\n\\end{tabular}\n"
    words = f"{table.verdict} {table.note}".strip()
    if words and number == parts:
        text += f"\n\\smallskip\n\\parbox{{\\linewidth}}{{{escaped(words)}}}\n"
    return text + "\\end{table}\n"


def latex(table, is_heading):
    """The whole file; is_heading says which rows are headings of those below."""
    head = [column for _, columns in table.heads for column in columns] or table.columns
    widths = widths_of([head, *(row for row in table.rows if not is_heading(row))])
    parts = in_parts(table.rows, widths, is_heading)
    return "% Needs \\usepackage{booktabs} and nothing else.\n" + "\n".join(
        part(table, rows, number, len(parts), widths, is_heading) for number, rows in enumerate(parts, 1)
    )
