"""What Jupyter Flows costs, as ratios to a floor measured in the same round. Run: ``python -m benchmarks``."""
