"""What is made of protocol/, the public contract as data."""
