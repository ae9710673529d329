"""Tasks that most flows need some time."""
