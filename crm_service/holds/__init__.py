"""Holds: reasons why retention and erasure must not delete what is known of a person."""
