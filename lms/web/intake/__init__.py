"""Files taken in: staff, feeds of other systems, the history of completions."""
