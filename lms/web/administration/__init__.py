"""Settings, roles, jobs, mail and the audit log."""
