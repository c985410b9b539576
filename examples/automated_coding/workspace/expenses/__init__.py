"""Keep an eye on what you spend: a ledger in CSV, and small reports on it."""
