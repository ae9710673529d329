"""Whether this installation, its store and its surroundings are as they must be: what `doctor` looks at."""
