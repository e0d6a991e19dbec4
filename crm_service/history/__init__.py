"""One timeline of everything that is known about a person."""
