"""Where runs would be executed, and in which image."""
