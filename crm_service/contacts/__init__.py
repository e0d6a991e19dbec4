"""The register of people and organizations."""
