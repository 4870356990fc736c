"""Views that people save: a page of figures with its filters, opened again by name, shared, or mailed on certain days."""
