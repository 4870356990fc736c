"""The evidence pack: everything that proves who had to learn what by when and did, in one file that can be checked without Attune."""
