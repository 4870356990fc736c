"""Signing in and out, one's own account, the first page of a new house."""
