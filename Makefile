# `make demo` and `make test` need Debian's python3, gcc, make and cmake, and nothing prepared.
VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed

.PHONY: demo test bench lint format clean

demo: $(INSTALLED)
	$(VENV)/bin/unsplice demo -o demo --overwrite
