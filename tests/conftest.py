"""Shared by all tests: hypothesis searches the same examples in every run, so that a red test stays red."""

from hypothesis import settings

settings.register_profile("mornavi", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("mornavi")
