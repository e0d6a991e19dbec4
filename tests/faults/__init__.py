"""What happens to events while brokers, databases and relays die."""
