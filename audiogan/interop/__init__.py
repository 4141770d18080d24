"""Models that travel: other implementations' checkpoints read, ours written for other runtimes."""
