"""What a person gets on access or portability, made when it is fetched and stored nowhere."""
