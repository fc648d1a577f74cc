"""What the targets of the Makefile share: commands, the set-up of .venv, scripts from npm, lists of notebooks."""
