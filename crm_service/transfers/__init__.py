"""Imports and exports of contacts and lists."""
