"""Fresh proof of an address: one-time, short-lived links, and how they reach the person."""
