# Every task of this repository. `make help` lists them.
# Needs Python 3.11 or newer and make; everything else goes into .venv in this folder.

PYTHON      ?=                # the interpreter to build .venv with; empty: the first that is new enough
ARGS        ?=                # passed on: make test ARGS="-k frames"
# Where a CPU build of torch is looked for when pip's own configuration has none.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
PY   := $(VENV)/bin/python
INSTALLED_BY := pyproject.toml constraints.txt scripts/setup.sh
STATIC := src/backprobe/server/static
export TORCH_INDEX PYTHON

# One thread a process: the tests run side by side, and results must not depend on the core count.
SINGLE := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-diagnosis web docs tutorial site install-check new-rule

help: ## list these tasks
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | while IFS='|' read -r task what; do printf '%-16s %s\n' "$$task" "$$what"; done

setup: $(VENV)/.ready-dev ## create .venv with all that development needs

demo: $(VENV)/.ready-demo ## train four small networks, three of them sick, and see what is found
	@$(PY) -m backprobe demo $(ARGS)

# A file's tests stay together, so that what they share is made once; the order is tests/conftest.py's.
test: $(VENV)/.ready-dev ## run the tests
	@$(SINGLE) $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.ready-dev ## lint, format, types, import graph, generated files
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_imports.py tests/test_public_names.py
	$(PY) scripts/api_pages.py --check
	$(PY) scripts/rule_pages.py --check
	$(PY) scripts/treatment_pages.py --check
	$(PY) scripts/resolved_set.py
	sh scripts/web.sh check

bench: $(VENV)/.ready-bench ## measure: what watching costs, what importing costs, how often a diagnosis is right
	@status=0; for file in benchmarks/*.py benchmarks/diagnosis/score.py; do \
	  echo "== $$file"; $(SINGLE) $(PY) "$$file" || status=1; done; exit $$status

bench-diagnosis: $(VENV)/.ready-bench ## measure: how often a diagnosis is right, its confidence, and what it costs
	@$(SINGLE) $(PY) benchmarks/diagnosis/score.py --jobs 1 --store $(VENV)/diagnosed --list $(ARGS)
	@$(SINGLE) $(PY) benchmarks/diagnosis/mutations.py --jobs 1 --store $(VENV)/mutated
	@$(SINGLE) $(PY) benchmarks/diagnosis/calibrate.py --store $(VENV)/diagnosed
	@$(SINGLE) $(PY) benchmarks/diagnosis/large_record.py

web: ## build the dashboard's page from web/ (needs Node 20 or newer)
	sh scripts/web.sh build

docs: $(VENV)/.ready-dev ## write the reference from the docstrings: rules, treatments, Python
	$(PY) scripts/api_pages.py
	$(PY) scripts/rule_pages.py
	$(PY) scripts/treatment_pages.py

tutorial: $(VENV)/.ready-dev ## run the tutorial's commands and write their output and pictures into its pages
	$(PY) scripts/tutorial.py $(ARGS)

site: $(VENV)/.ready-dev ## build the documentation as a site into build/site
	$(PY) scripts/site.py

install-check: $(VENV)/.ready-dev ## wheel and source distribution in clean environments without torch
	$(PY) scripts/install_check.py

new-rule: $(VENV)/.ready-dev ## start a rule: make new-rule NAME=signal/vanishing-gradients
	@$(PY) scripts/new_rule.py "$(NAME)"

$(VENV)/.ready-demo: $(INSTALLED_BY)
	@sh scripts/setup.sh demo

$(VENV)/.ready-dev: $(INSTALLED_BY)
	@sh scripts/setup.sh dev

$(VENV)/.ready-bench: $(INSTALLED_BY)
	@sh scripts/setup.sh dev,bench
	@touch $@
