"""How long what tells about a person is kept, and pseudonymising who need not be kept by name any more."""
