# Each goal does its own set-up: make demo, make test, make lint, make bench.
# PYTHON names another interpreter (3.11 or 3.12).
PYTHON ?= $(shell command -v python3.12 >/dev/null 2>&1 && python3.12 -c '' 2>/dev/null && echo python3.12 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports, a small part.
INSTALL := $(BIN)/pip install --quiet --no-compile
PORT ?= 7860

DATA ?= data/general-midi
MODELS ?= hybrid-instruments specgan-instruments wavegan-instruments
TESTS ?= -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BENCHMARKS ?= generate griffin-lim train-step data app
STUDY_LABELS := Acoustic_guitar,Cello,Flute,Saxophone,Snare_drum,Trumpet

.PHONY: demo test soak lint bench study system-packages

demo: $(VENV)/.run
	$(BIN)/python app.py --port $(PORT)

# Files of tests run side by side, one a core. -n 0 in TESTS runs one after the other.
test: $(VENV)/.dev system-packages
	$(BIN)/python -m pytest $(TESTS)

# What takes minutes: the app under a crowd, a sequencer for a minute, shared trainings, other schemes, sizes and forms.
soak: $(VENV)/.dev system-packages
	$(BIN)/python -m pytest -m "long and not gpu" -s

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint --quiet

# Ratios against stated baselines, one benchmark after the other; one that fails does not keep the others back.
bench: $(VENV)/.run
	@failed=0; for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks $$name || failed=1; done; exit $$failed

# The study that the app runs unless told otherwise, on MODELS; DATA names prepared data.
study: $(VENV)/.run
	$(BIN)/python -m audiogan study build --data $(DATA) --models $(MODELS) --labels $(STUDY_LABELS) \
		--out audiogan/listening/default_study --replace

$(VENV)/.run: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)) and "audiogan needs Python 3.11 or 3.12; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt-get install python3-venv" >&2; exit 1; }
	$(INSTALL) --requirement requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt requirements-onnx.txt
	$(INSTALL) --requirement requirements-dev.txt
	touch $@

# The tests' browser, FluidSynth and soundfonts. On another system, or without root, they say what is missing.
system-packages:
	@sh tests/system-packages.sh
