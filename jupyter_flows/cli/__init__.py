"""The command line: `jupyter flows …`. It parses, asks the layers below, and prints; it holds no rules."""
