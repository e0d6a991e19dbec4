"""Reviewing what nobody has used for long (clause no-05)."""
