"""Ratios against stated baselines, both measured in one run: `python -m benchmarks NAME [--json]`."""

from benchmarks import app, data, generate, griffin_lim, train_step

BENCHMARKS = {
    "generate": generate.run,
    "griffin-lim": griffin_lim.run,
    "train-step": train_step.run,
    "data": data.run,
    "app": app.run,
}
