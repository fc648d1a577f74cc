# Works with GNU make 3.81. The steps themselves are in tools/make.py; `make help` lists the targets.
# PYTHON=python3.12 make book   chooses the interpreter.

SHELL = /bin/sh
RUN = @sh tools/with_python.sh tools/make.py

.PHONY: help book test notebooks assignments format serve pdf lite site dist lock benchmark measurements check-all matrix \
	long-run mutate coverage clean
.NOTPARALLEL:

help:        ## this list (the default)
	@sed -n 's/^\([a-z-]*\): *## */  make \1	/p' Makefile

book:        ## build the book from the stored outputs and say where to open it
	$(RUN) book

test:        ## lint, types, unit and property tests, doctests, every notebook, the book, its pages in a browser
	$(RUN) test

notebooks:   ## execute every notebook again in place; nothing changes where nothing changed
	$(RUN) notebooks

assignments: ## write what students get of the problem sets, and the instructor's guide
	$(RUN) assignments

format:      ## bring code and notebook cells into the one format
	$(RUN) format

serve:       ## show the built book on a local web server (PORT=8000)
	$(RUN) serve

pdf:         ## print the book to _build/pdf (needs Chromium)
	$(RUN) pdf

lite:        ## build the JupyterLite site in _build/lite: the chapters in the browser
	$(RUN) lite

site:        ## book, JupyterLite, PDF and offline archive in _build/site, for any web server
	$(RUN) site

dist:        ## wheel and source archive in dist/, checked
	$(RUN) dist

lock:        ## find the newest versions within the ranges anew, with their hashes: requirements.lock
	$(RUN) lock

benchmark:   ## time the package side by side with straightforward code
	$(RUN) benchmark

measurements: ## run the long measurements of the learners again: episodes, certificates
	$(RUN) measurements

fuzz:        ## random cases against references for MINUTES=n; what fails is written down as a test
	$(RUN) fuzz

check-all:   ## make test, then what is slower: slow tests, byte-identical notebooks
	$(RUN) check-all

matrix:      ## the package's tests with the oldest and the newest of what it needs, on each Python that is here
	$(RUN) matrix

long-run:    ## runs, plans and sweeps for MINUTES=30: memory stays flat, nothing is left open
	$(RUN) long-run

mutate:      ## small changes in ROOM=uncertainty: do its tests find them? Goes on where it stopped (MINUTES=15)
	$(RUN) mutate

coverage:    ## lines and branches that no test comes to, beside those that tests/unreached.toml names
	$(RUN) coverage

clean:       ## remove what was built; .venv stays
	$(RUN) clean
