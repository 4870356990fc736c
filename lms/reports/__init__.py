"""For managers, HR, auditors and leadership: rollups, exports and the leadership page."""
