"""Training that was done elsewhere: what people hand in, and what reviewers make of it. Nothing is edited; every row stays."""
