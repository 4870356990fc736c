"""Requirements: the library, drafts and their rehearsal, policies, equivalencies."""
