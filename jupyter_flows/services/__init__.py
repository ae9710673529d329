"""What starts user code by command line, and what reads a finished run for people."""
