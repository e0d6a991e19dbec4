"""What every blueprint shares: strict JSON, problem details, auth, paging, health."""
