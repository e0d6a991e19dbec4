"""Handing a controller everything it owns, and forgetting it (clause ee-21; ADR 0034)."""
