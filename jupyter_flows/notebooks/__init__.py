"""Notebooks: documents, their parameters, how they are executed, and what is kept of a run."""
