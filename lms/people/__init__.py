"""Who works here, where, and since when."""
