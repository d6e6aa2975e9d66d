# `make demo` and `make test` need Debian's python3 (with venv), gcc, make and cmake, nothing else.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# What a change of must install again: Python sources are used in place, but a new module has to be
# made known.
NATIVE := $(VENV)/modules pyproject.toml CMakeLists.txt $(wildcard cpp/*.?pp cpp/bindings/*.?pp)

# What `make train` makes from the photographs in the folders PHOTOS: see training/README.md.
TRAINED := build/training
COUNT_train := 8000
COUNT_validation := 800
COUNT_test := 300
# Others for each split, or all would be drawn alike.
SEED_train := 41
SEED_validation := 42
SEED_test := 44
EPOCHS := 12

# How long `make fuzz` runs, beside the minutes that the first build takes.
MINUTES ?= 1

.PHONY: demo test bench docs lint format check-instruction-sets check-arm64 check-wheel fuzz sanitize
.PHONY: sanitize-threads audit bad-inputs train clean FORCE
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	$(BIN)/unsplice demo -o demo --overwrite

test: $(VENV)/installed-test
	$(BIN)/python -m pytest

bench: $(VENV)/installed-bench
	$(BIN)/unsplice bench

# Broken links, unknown figures and docstrings that cannot be read are errors. The variable leaves
# out an advertisement of the theme.
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --clean -f docs/site/mkdocs.yml
	@echo "the site is build/site/index.html"

lint: $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest unsplice._core --mypy-config-file pyproject.toml
	$(BIN)/clang-format --dry-run --Werror cpp/*.?pp cpp/bindings/*.?pp

format: $(VENV)/installed-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i cpp/*.?pp cpp/bindings/*.?pp

# The core without AVX-512, without AVX2 too, and as compilers other than GCC and Clang see it, must
# give the same bits; some fifteen minutes, and no part of `make test`.
check-instruction-sets: $(VENV)/installed-test
	for setting in X86_64_LEVEL=3 X86_64_LEVEL=1 STANDARD_CXX=ON; do \
		$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/$$setting \
			-Cbuild-dir=build/$$setting -Ccmake.define.UNSPLICE_$$setting . && \
		$(BIN)/python tests/check_instruction_sets.py build/$$setting/_core*.so || exit 1; \
	done

# The core for arm64, in an emulator, must give the same bits; tests/check_arm64.sh says what it needs.
check-arm64: $(VENV)/installed
	$(BIN)/python -m pip install --quiet 'pybind11>=3.0'
	tests/check_arm64.sh

# The sdist, the wheel that is built from it, and that wheel where no compiler is: some five minutes.
check-wheel: $(VENV)/installed-wheel
	$(BIN)/python tests/check_wheel.py --twice

# The reader and every kernel, with coverage and sanitizers: needs clang++.
fuzz: $(VENV)/installed-test $(VENV)/installed-fuzz
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/fuzz \
		-Cbuild-dir=build/fuzz/core -Ccmake.args=--preset=fuzzer \
		-Ccmake.build-type=RelWithDebInfo -Cinstall.strip=false .
	PYTHONPATH=tests$${PYTHONPATH:+:$$PYTHONPATH} $(BIN)/python -m fuzz --core build/fuzz/core/_core*.so --minutes $(MINUTES)

# Each builds the core anew, and runs the tests with it: some ten minutes and more.
sanitize: $(VENV)/installed-test
	$(BIN)/python tests/sanitize.py address

sanitize-threads: $(VENV)/installed-test
	$(BIN)/python tests/sanitize.py threads

# Known vulnerabilities of what is installed with the package; needs the advisories of PyPI and OSV.
audit: $(VENV)/installed-audit
	$(BIN)/python tests/audit.py

# 870 bad inputs, in 2,300 calls, each in a process of its own: some minutes.
bad-inputs: $(VENV)/installed-test
	PYTHONPATH=tests $(BIN)/python -m reliability.bad_inputs

ifneq ($(filter train,$(MAKECMDGOALS)),)
ifndef PHOTOS
$(error usage: make train PHOTOS=folder)
endif
endif

train: $(TRAINED)/gate.json $(TRAINED)/test/made.csv
	@echo "the weights are $(TRAINED)/network.npz and $(TRAINED)/gate.json; to measure them on"
	@echo "$(TRAINED)/test/made.csv: training/README.md, step 6"

$(TRAINED)/%/made.csv: | $(VENV)/installed-training
	rm -rf $(@D)
	$(BIN)/python -m training.make $(PHOTOS) -o $(@D) --split $* \
		--count $(COUNT_$*) --seed $(SEED_$*)

.SECONDARY: $(TRAINED)/train/made.csv

$(TRAINED)/%/extracted: $(TRAINED)/%/made.csv
	rm -rf $(@D)/maps
	$(BIN)/python -m training.extract $< -o $(@D)/maps
	@touch $@

$(TRAINED)/model.pt: $(TRAINED)/train/extracted $(TRAINED)/validation/extracted
	$(BIN)/python -m training.train $(TRAINED)/train/maps $(TRAINED)/validation/maps \
		-o $(@D) --epochs $(EPOCHS)

$(TRAINED)/network.npz: $(TRAINED)/model.pt
	$(BIN)/python -m training.export $< $@ --validation $(TRAINED)/validation/maps

$(TRAINED)/gate.json: $(TRAINED)/network.npz $(TRAINED)/validation/made.csv
	$(BIN)/python -m training.calibrate $(PHOTOS) --network $< \
		--spliced $(TRAINED)/validation/made.csv -o $@

clean:
	rm -rf build $(VENV) demo

$(VENV)/modules: FORCE | $(BIN)/python
	@find python -name '*.py' | LC_ALL=C sort | { cmp -s - $@ || find python -name '*.py' | LC_ALL=C sort > $@; }

FORCE:

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# opencv-python needs libGL and GLib, which a server may lack; the headless build is the same
# library without windows.
define install
	$(BIN)/python -m pip install --quiet --editable '$(1)'
	@$(BIN)/python -c 'import cv2' 2>/dev/null || { \
		echo "opencv-python cannot be loaded here; taking opencv-python-headless instead"; \
		$(BIN)/python -m pip uninstall --quiet --yes opencv-python; \
		$(BIN)/python -m pip install --quiet --force-reinstall --no-deps opencv-python-headless; }
endef

$(VENV)/installed: $(NATIVE) | $(BIN)/python
	@echo "building and installing into $(VENV) (about two minutes)"
	$(call install,.[report])
	@touch $@

$(VENV)/installed-training: $(VENV)/installed pyproject.toml
	$(call install,.[training])
	@touch $@

# Builds in environments of its own: what is installed here has no part in it.
$(VENV)/installed-wheel: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --group wheel
	@touch $@

$(VENV)/installed-audit: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --group audit
	@touch $@

$(VENV)/installed-%: $(VENV)/installed pyproject.toml
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@
