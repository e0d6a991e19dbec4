"""What a controller's privacy policy decides: purposes, bases, terms, agreement, links."""
