"""One module per source of audio; `clips` writes what they find as a prepared data set."""
