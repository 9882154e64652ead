"""What scripts/regress does: finds regressions, keeps their history, hands figures to other tools (docs/regress.md)."""
