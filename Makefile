# Everything runs in .venv, which make creates and keeps up to date by itself.
# Written for every GNU make from 3.81 on, which is the one macOS brings.

PYTHON ?= python3
# How many tests run at a time.
WORKERS ?= 2
# What else pytest or JupyterLab is given, as in  make test ARGS="-k leak"
ARGS ?=

BIN := .venv/bin
PYTEST := COURSE_TEST_FETCH_BROWSER=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal
INSTALLED := .venv/.requirements
INSTALLED_FOR_TESTS := .venv/.requirements-test

# nbgrader calls `alembic` as a program, so the environment's programs must be found.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo lab release test test-all bench lint messages clean again
.NOTPARALLEL:

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED)  ## grade the example class: student notebooks, grading, feedback, score table
	@$(BIN)/python examples/demo.py

# tools/lab leaves out nbgrader's pages for teachers, and JupyterLab's question about news.
lab: $(INSTALLED)  ## open the lessons as a learner sees them, in build/lab (your work there is kept)
	@$(BIN)/python -c "$$COPY_WHAT_IS_NOT_THERE" release build/lab
	@cd build/lab && JUPYTER_CONFIG_PATH="$(CURDIR)/tools/lab" ../../$(BIN)/jupyter lab $(ARGS)

release: $(INSTALLED)  ## write the student notebooks in release/ from source/
	@$(BIN)/course release

test: lint  ## check the style, then run every test but the slow ones
	@$(PYTEST) -m "not slow" $(ARGS)

test-all: lint  ## the same with the slow tests
	@$(PYTEST) $(ARGS)

bench: $(INSTALLED_FOR_TESTS)  ## measure how fast the widgets answer and a class is graded (about 15 minutes)
	@$(BIN)/python -m benchmarks.widgets
	@$(BIN)/python -m benchmarks.examiner
	@$(BIN)/python -m benchmarks.grading $(ARGS)

lint: $(INSTALLED_FOR_TESTS)  ## ruff and mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

messages: $(INSTALLED_FOR_TESTS)  ## collect what learners read in course/locale/course.pot, to translate
	@mkdir -p build course/locale
	@$(BIN)/pybabel --quiet extract --no-default-keywords --keyword _ --keyword N_ \
		--add-comments "Translators:" --add-location file --sort-by-file --width 100 \
		--project "Many Channels" --copyright-holder "the Many Channels authors" \
		--output build/course.pot course
	@diff -q -I POT-Creation-Date build/course.pot course/locale/course.pot >/dev/null 2>&1 || \
		cp build/course.pot course/locale/course.pot
	@echo "course/locale/course.pot holds what learners read."

clean:  ## remove what make made, .venv too; your work in build/lab stays
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name lab -exec rm -rf {} +
	@rm -rf .venv *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp for each requirements file: installing is skipped until one of these changes ...
$(INSTALLED): requirements.txt pyproject.toml tools/install.py
	@$(find-python)
	@$(PYTHON) tools/install.py requirements.txt
	@touch $@

$(INSTALLED_FOR_TESTS): requirements-test.txt requirements.txt pyproject.toml tools/install.py
	@$(find-python)
	@$(PYTHON) tools/install.py requirements-test.txt
	@touch $(INSTALLED) $@

# ... or .venv has lost its Python, or this is a copy of the folder that it was built in.
ifneq ($(shell [ -x $(BIN)/python ] && cat .venv/.folder 2>/dev/null),$(CURDIR))
$(INSTALLED) $(INSTALLED_FOR_TESTS): again
endif

define find-python
command -v $(PYTHON) >/dev/null || { echo "There is no '$(PYTHON)' here: install Python 3.11 or \
newer, or name the one to use, as in  make PYTHON=python3.13 demo" >&2; exit 1; }
endef

# `cp -n` differs from system to system, in what it copies and in what it returns.
define COPY_WHAT_IS_NOT_THERE
import os, shutil, sys
copy = lambda a, b: os.path.lexists(b) or shutil.copy2(a, b)
shutil.copytree(sys.argv[1], sys.argv[2], copy_function=copy, dirs_exist_ok=True)
endef
export COPY_WHAT_IS_NOT_THERE
