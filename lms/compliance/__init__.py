"""Is that enough: requirements, exemptions, and the timeline of every obligation."""
