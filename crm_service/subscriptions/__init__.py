"""Double opt-in: signing up on a controller's web form, confirmed by the address's holder."""
