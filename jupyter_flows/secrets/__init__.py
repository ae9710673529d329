"""What this process must not show."""
