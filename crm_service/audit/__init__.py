"""Who read or wrote what about whom; holds no personal data itself (rule 38)."""
