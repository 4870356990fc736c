"""Knowledge then and now, for the whole organisation: worked out once beside the pages, and kept."""
