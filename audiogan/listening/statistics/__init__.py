"""What votes say. Pure functions on vote rows; every interval respects that one listener gives many votes."""
