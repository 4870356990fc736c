"""What counts as a course though it is another: decided by HR, dated, with a reason. Rows are superseded, never edited."""
