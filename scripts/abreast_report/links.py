"""Figures in sentences that link to the rows that they rest on.

    f"A read takes {cited(shown(row.value), row)} ns."      rows.Cited puts its link into the text of an f-string
    html(text)                                              the sentence for the page, figures as links
    plain(text)                                             for Markdown, TSV, LaTeX and the terminal

In the text a link is what stands between three letters of Unicode's private use, so that text may be joined and cut at
words as any other. ", ".join() of Cited, and str(), give the text alone: an f-string around each keeps the link."""

import html as markup
import re

START, END, STOP = "\ue000", "\ue001", "\ue002"
LINK = re.compile(f"{START}([^{END}]*){END}([^{STOP}]*){STOP}")


def linked(text, name):
    """text as a link to the row of that name; what has links already keeps those."""
    return text if START in text else f"{START}{name}{END}{text}{STOP}"


def plain(text):
    return LINK.sub(r"\2", text)


def html(text, wanted=True):
    text = markup.escape(text)
    return LINK.sub(r'<a class=row href="#\1">\2</a>' if wanted else r"\2", text)
