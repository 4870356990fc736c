"""What a learner does: the courses, the lessons, questions and scenarios, surveys, the record."""
