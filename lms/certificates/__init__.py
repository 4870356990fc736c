"""On paper: the number, the PDF, and what a verifier is told."""
