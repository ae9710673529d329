"""What a user types into a notebook: `%%task`, `%%flow`, `%flow`, `%flows`. They hold no rules."""
