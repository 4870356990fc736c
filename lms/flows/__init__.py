"""Use cases that cross stages, each from top to bottom. They order the steps; they neither decide nor commit."""
