"""What every page for recipients shares: language, look, headers, the controller's brand."""
