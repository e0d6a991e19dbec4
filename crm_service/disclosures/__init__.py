"""Handing data out: audiences of everybody who is eligible now."""
