"""Tenants and the API keys by which they are known."""
