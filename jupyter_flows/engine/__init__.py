"""Rules: pure deciders. Nothing here blocks, reads a clock, makes an id or logs."""
