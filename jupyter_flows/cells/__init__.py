"""What a notebook cell reads, binds and changes, and what follows from that."""
