"""National identification numbers: kept sealed, to tell two people apart (clauses ee-01, se-01)."""
