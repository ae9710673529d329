"""Cache keys: content hashes, policies and key functions."""
