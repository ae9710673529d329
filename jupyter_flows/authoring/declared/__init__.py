"""Flows declared as a graph: ``with Flow("name") as f``. One more author of the same machine."""
