"""What happened, recorded with the change itself and moved to RabbitMQ afterwards."""
