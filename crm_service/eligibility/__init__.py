"""May this message go to this address now? The one answer, with reasons."""
