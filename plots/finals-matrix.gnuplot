# finals with sanitizers: a column a compiler, level and sanitizer, the worst of sibling calls and exceptions.
name = "finals_matrix"
title_text = "Stack per task awaited, in bytes: the worst over sibling calls and exceptions"
mixed = 1
load "stack.gnuplot"
