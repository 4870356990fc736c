"""What authors see: drafts of courses as a learner would see them, reports of problems, answers given, panels."""
