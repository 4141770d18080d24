"""Models that travel: read other implementations' checkpoints, write ours for other runtimes."""
