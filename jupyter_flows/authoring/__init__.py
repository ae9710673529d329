"""What users write: flows, tasks, mapping, hooks and options. No rules live here."""
