"""Backup and restore: the whole database and all stored files in one archive that goes into either kind of database."""
