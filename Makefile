# make demo: one worked consultation. make test: the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
IMAGE_TOOL ?= docker
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

SKILLS_READY := $(VENV)/.skills-ready

.PHONY: demo test test-browser test-skills lint proof conformance inspect skills-check fuzz evals bench load image deployable check clean

$(READY): pyproject.toml constraints.txt hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(SKILLS_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,skills]'
	@touch $@

demo: $(READY)
	$(BIN)/training-router demo

test: $(READY)
	$(BIN)/python -m pytest

# the code and the probes of the skills, run on small models and type-checked; brings PyTorch into the same environment
test-skills: $(SKILLS_READY)
	$(BIN)/python -m pytest tests/skills tests/prompts
	$(BIN)/basedpyright $(wildcard prompts/specialists/*/*/scripts/*.py)

# the page in a real browser; says what to install where there is none
test-browser: $(READY)
	$(BIN)/python -m pytest -m browser tests/server/test_page_in_browser.py

lint: $(READY)
	$(BIN)/ruff check server taxonomy prompts tests bench hatch_build.py
	$(BIN)/ruff format --check server taxonomy prompts tests bench hatch_build.py
	$(BIN)/basedpyright

# the MCP conformance suite, the Inspector and the skills validator, on the real server; each also by itself; needs npm and Node 22
proof: $(READY)
	.ci/proof
conformance: $(READY)
	.ci/proof conformance
inspect: $(READY)
	.ci/proof inspect
skills-check: $(READY)
	.ci/proof skills-check

# the laws on thousands of random calls each, over all tools in both eras; takes about ten minutes, with EXAMPLES=100 one
EXAMPLES ?= 1000
fuzz: $(READY)
	EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest --hypothesis-profile fuzz -m hypothesis tests/server/test_robustness.py tests/diagnosis/test_laws.py

# the scores, the peers beside them; `make evals MISSES=-v` names each miss
evals: $(READY)
	PYTHONPATH=tests $(BIN)/python -m evals.run $(MISSES)

# the speed and size budgets beside a hello-world server; takes about a minute
bench: $(READY)
	$(BIN)/python -m bench.run

# 64 clients for a minute against one process, then two processes behind each proxy that is installed, killed and restarted
load: $(READY)
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.fleet

# the container image, with docker or what IMAGE_TOOL names
image:
	$(IMAGE_TOOL) build -t training-router -t training-router:$(VERSION) .

# judges deploy/kubernetes.yaml by the published schemas; needs no cluster
deployable: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
	$(BIN)/kubernetes-validate --strict --kubernetes-version 1.30 deploy/kubernetes.yaml
	$(BIN)/kubernetes-validate --strict --kubernetes-version 1.37 deploy/kubernetes.yaml

check: $(READY)
	$(BIN)/training-router check

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis taxonomy/library.json
