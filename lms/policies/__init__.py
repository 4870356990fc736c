"""Policies of the organisation: their versions, the documents people read, and who acknowledged which version when."""
