"""For problem sets: call a function while the package is switched off, so that its answer is the student's own.

A problem set asks for what the package already has: a worst case, a confidence set, a backup. The checks of a sheet
compare the student's function with the package's, and call it through :func:`alone`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from inspect import isgeneratorfunction
from types import FunctionType, ModuleType
from typing import Any

__all__ = ["alone"]


def alone(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Call a function with every function and method of the package switched off.

    Parameters
    ----------
    function : callable
        What is called.
    *arguments, **keywords
        Passed on. What the function is to call must not come from the package either.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    AssertionError
        If the function calls one of the package, under whatever name; the message says which.

    Notes
    -----
    The code of each function is exchanged during the call, so a name that was imported before is switched off as well;
    modules of the package that are not loaded cannot be imported. This keeps honest people honest. It is no protection
    against somebody who copies the package's source.

    Examples
    --------
    >>> from mornavi_lite import TotalVariation
    >>> from mornavi_lite.classroom import alone
    >>> worst_case = TotalVariation(0.25).worst_case
    >>> worst_case([0.5, 0.5], [1, 0]) == 0.25 == alone(lambda p, v: p[0] * v[0] - 0.25, [0.5, 0.5], [1, 0])
    True
    >>> alone(worst_case, [0.5, 0.5], [1, 0])
    Traceback (most recent call last):
        ...
    AssertionError: this calls worst_case of mornavi_lite: write it yourself, with NumPy alone
    """
    codes = {each: each.__code__ for each in set(_package_functions())}
    guard = _NoMoreModules()
    try:
        sys.meta_path.insert(0, guard)
        for each, code in codes.items():
            each.__code__ = _refuse.__code__.replace(co_name=code.co_name)
        return function(*arguments, **keywords)
    finally:
        sys.meta_path.remove(guard)
        for each, code in codes.items():
            each.__code__ = code


def _refuse(*_: Any, **__: Any) -> None:
    """What runs in place of each function. It runs in *their* namespace, so it may use built-in names only."""
    frame = __import__("sys")._getframe()
    raise AssertionError(f"this calls {frame.f_code.co_name} of mornavi_lite: write it yourself, with NumPy alone")


class _NoMoreModules:
    """Refuses to find modules of the package: what is loaded during the call would not be switched off."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        package, _, module = name.partition(".")
        if package == __name__.partition(".")[0]:
            raise AssertionError(f"this imports {module} of {package}: write it yourself, with NumPy alone")


def _package_functions() -> Iterator[FunctionType]:
    """Functions and methods of all modules of the package that are loaded, but for this one."""
    package = __name__.partition(".")[0]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package and name != __name__:
            for each in _functions_in(module):
                # a plain function's code fits neither a closure, such as the __init__ of a dataclass, nor a generator
                plain = not each.__code__.co_freevars and not isgeneratorfunction(each)
                if plain and each.__module__ != __name__:
                    yield each


def _functions_in(module: ModuleType) -> Iterator[FunctionType]:
    """Functions and methods that stand in a module and come from the package; cached ones without their cache."""
    package = __name__.partition(".")[0]
    holders = [module, *(each for each in vars(module).values() if isinstance(each, type))]
    for holder in holders:
        for each in vars(holder).values():
            plain = getattr(each, "__func__", getattr(each, "__wrapped__", each))
            if isinstance(plain, FunctionType) and plain.__module__.partition(".")[0] == package:
                yield plain
