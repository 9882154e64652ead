"""Makes tables, figure data, sentences and the report from the tidy TSV files of a run. Standard library only."""
