"""Statistics of votes: pure functions on vote rows. Every interval allows for many votes by one listener."""
