"""The event log, the outbox and the relay."""
