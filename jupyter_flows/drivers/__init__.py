"""Adapters that perform commands: the session's thread, worker threads, event loops, futures and context."""
