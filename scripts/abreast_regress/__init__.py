"""What scripts/regress does: finds regressions, keeps their history, and hands figures to other tools (docs/regress.md)."""
