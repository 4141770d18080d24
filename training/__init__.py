"""Raw audio to prepared data, prepared data to checkpoints. Run `python -m training --help`."""
