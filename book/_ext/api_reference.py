"""Three helps for the API reference.

A page may say {func}`solve` or {class}`mornavi_lite.MarkovGame`. Each object is documented where it is defined,
``mornavi_lite.planning.solve``, and readers import it from ``mornavi_lite``: a reference to the short name is passed on to
the long one.

The types of attributes stay text. NumPy-style docstrings say "array, shape (H, S, A)", in which nothing is a link.

The fields of a named tuple are listed once, with the words of its docstring.
"""

import importlib
import re


def defined_at(target):
    """Full name of an exported object, or of one of its members; None if the package exports no such name."""
    try:
        package = importlib.import_module("mornavi_lite")
    except ImportError:  # autodoc has said so
        return None
    first, _, member = target.removeprefix("mornavi_lite.").partition(".")
    if first not in package.__all__:
        return None
    found = getattr(package, first)
    if not hasattr(found, "__qualname__"):  # a module
        return None
    return ".".join(
        filter(None, [found.__module__, found.__qualname__, member])
    )


def resolve(app, env, node, contnode):
    """Handler of Sphinx's missing-reference: the reference to the full name, if there is one."""
    if node.get("refdomain") != "py":
        return None
    full = defined_at(node["reftarget"])
    if full is None or full == node["reftarget"]:
        return None
    domain = env.get_domain("py")
    # autodoc knows solve as a function; who writes {class}`solve` is told so by the warning
    return domain.resolve_xref(
        env,
        node["refdoc"],
        app.builder,
        node["reftype"],
        full,
        node,
        contnode,
    )


def plain_types(app, what, name, obj, options, lines):
    """Handler of autodoc-process-docstring, after napoleon: ":vartype" fields become words of the ":ivar" fields."""
    types = dict(
        re.findall(
            r"^:vartype (\w+): (.*)$", "\n".join(lines), re.MULTILINE
        )
    )
    kept = [line for line in lines if not line.startswith(":vartype ")]
    lines[:] = [
        re.sub(r"^(:ivar (\w+): )", lambda m: typed(m, types), line)
        for line in kept
    ]


def typed(match, types):
    kind = types.get(match[2])
    return f"{match[1]}({kind}) " if kind else match[1]


def skip_aliases(app, what, name, obj, skip, options):
    """Handler of autodoc-skip-member: leave out what Python itself says of a named tuple's fields."""
    return (
        True
        if str(getattr(obj, "__doc__", "")).startswith(
            "Alias for field number"
        )
        else None
    )


def setup(app):
    app.connect("autodoc-skip-member", skip_aliases)
    app.connect("autodoc-process-docstring", plain_types, priority=600)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
