"""The stable identity behind a person's address keys; needs no contact."""
