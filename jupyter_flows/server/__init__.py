"""The server extension: what Jupyter Flows shows and does in a Jupyter server."""
