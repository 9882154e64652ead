# The same as stack.gnuplot for a task that awaits a task.
name = "finals"
title_text = "Stack per task awaited, in bytes, by library (less is better)"
load "stack.gnuplot"
