"""Seven helps for the API reference.

Every object has one name, the path by which readers import it: ``mornavi_lite.solve``, and ``mornavi_lite.zoo.fishing`` for
what the package itself does not export. A page documents a room, so autodoc says ``mornavi_lite.planning.solve``; that
path works too and stays as a second name. Paths into the files of a room are not public, and are not listed; only the
links in code need them for a moment, as they follow an object to where it is defined.

A page may say {func}`solve` or {meth}`Mornavi.certify` for what the package itself exports.

The list of names that other projects read says which project, and which version of it.

The link to the source of a method leads to its function, also where a class takes that from another file of its room.

A constant is explained by the comment above it, in whichever file of its room that is.

The types of attributes stay text. NumPy-style docstrings say "array, shape (H, S, A)", in which nothing is a link. And
what stands before the first colon of a property or a constant is no type.

The fields of a named tuple are listed once, with the words of its docstring.
"""

import importlib
import inspect
import pkgutil
import re

from sphinx.pycode import ModuleAnalyzer

PACKAGE = "mornavi_lite"


def names(documented):
    """Where readers import what a page documents as PACKAGE.ROOM.NAME, perhaps a member of it, and where it is defined."""
    package = importlib.import_module(PACKAGE)
    _, room, first, *members = [*documented.split("."), "", ""]
    found = getattr(
        importlib.import_module(f"{PACKAGE}.{room}"), first, None
    )
    public, home = documented, documented
    if first in package.__all__ and getattr(package, first) is found:
        public = ".".join(filter(None, [PACKAGE, first, *members]))
    if hasattr(found, "__qualname__"):
        home = ".".join(
            filter(None, [found.__module__, found.__qualname__, *members])
        )
    return public, home


def add_names(app, env):
    """Handler of env-updated, when all pages are read and before code is linked."""
    objects = env.domains["py"].objects
    for name in [n for n, entry in objects.items() if entry.aliased]:
        del objects[name]  # autodoc's own: the place of a class
    documented = {
        name: entry
        for name, entry in objects.items()
        if entry.objtype != "module"
    }
    for name, entry in documented.items():
        public, home = names(name)
        objects[name] = objects[home] = entry._replace(aliased=True)
        objects[public] = entry
        app.config.codeautolink_inventory_map[home] = public
    env.names_of_homes = set(app.config.codeautolink_inventory_map) - set(
        documented
    )


def remove_homes(app, env):
    """Handler of env-updated, when code is linked."""
    for home in env.names_of_homes:
        env.domains["py"].objects.pop(home, None)


def resolve(app, env, node, contnode):
    """Handler of missing-reference: a name without its package."""
    if node.get("refdomain") != "py":
        return None
    domain = env.get_domain("py")
    # autodoc knows solve as a function; who writes {class}`solve` is told so by the warning
    return domain.resolve_xref(
        env,
        node["refdoc"],
        app.builder,
        node["reftype"],
        f"{PACKAGE}.{node['reftarget']}",
        node,
        contnode,
    )


def name_project(app, config):
    """Handler of config-inited: a title is no name of a project."""
    config.project = "mornavi-lite"
    config.version = config.release = importlib.import_module(
        PACKAGE
    ).__version__


def plain_types(app, what, name, obj, options, lines):
    """Handler of autodoc-process-docstring, after napoleon: types become words."""
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
    if what in ("attribute", "data", "property"):
        for line in [each for each in lines if each.startswith(":type: ")]:
            lines.remove(line)
            lines[0] = f"{line.removeprefix(':type: ')}: {lines[0]}"


def typed(match, types):
    kind = types.get(match[2])
    return f"{match[1]}({kind}) " if kind else match[1]


def skip_aliases(app, what, name, obj, skip, options):
    """Handler of autodoc-skip-member: leave out what Python itself says of a named tuple's fields."""
    said = str(getattr(obj, "__doc__", ""))
    return True if said.startswith("Alias for field number") else None


def take_comments(app):
    """Handler of builder-inited: what autodoc knows of a room's face, with the comments on constants in its files."""
    package = importlib.import_module(PACKAGE)
    for _, room, has_files in pkgutil.iter_modules(
        package.__path__, f"{PACKAGE}."
    ):
        if not has_files:
            continue
        face = importlib.import_module(room)
        known = ModuleAnalyzer.for_module(room).find_attr_docs()
        for _, file, _ in pkgutil.iter_modules(face.__path__, f"{room}."):
            found = ModuleAnalyzer.for_module(file).find_attr_docs()
            known.update(
                (key, text)
                for key, text in found.items()
                if not key[0] and key[1] in face.__all__
            )


def find_methods(app, file):
    """Handler of viewcode-find-source: where a file's functions are, also by the names that classes give them."""
    if not file.startswith(f"{PACKAGE}."):
        return None
    analyzer = ModuleAnalyzer.for_module(file)
    places = dict(analyzer.find_tags())
    package = importlib.import_module(PACKAGE)
    faces = [
        importlib.import_module(room)
        for _, room, has_files in pkgutil.iter_modules(
            package.__path__, f"{PACKAGE}."
        )
        if has_files
    ]
    classes = dict(
        pair
        for face in faces
        for pair in inspect.getmembers(face, inspect.isclass)
    )
    for name, kind in classes.items():
        for method, found in vars(kind).items():
            function = getattr(found, "__func__", found)
            if inspect.isfunction(function) and function.__module__ == file:
                place = places.get(function.__qualname__)
                places.setdefault(f"{name}.{method}", place)
    return analyzer.code, {k: v for k, v in places.items() if v}


def lead_back(app, page, template, context, doctree):
    """Handler of html-page-context: a page of source leads back to a name where its own room shows it."""
    if not page.startswith("_modules/"):
        return
    objects = app.env.domains["py"].objects

    def shown(match):
        name = match[1].split(".", 2)[-1]  # after package and room
        rooms = [each for each in objects if each.endswith(f".{name}")]
        known = match[1] in objects or not rooms
        return match[0] if known else f'#{rooms[0]}"'

    pattern = rf'#({PACKAGE}[\w.]+)"'
    context["body"] = re.sub(pattern, shown, context.get("body", ""))


def setup(app):
    app.connect("config-inited", name_project)
    app.connect("builder-inited", take_comments)
    app.connect("autodoc-skip-member", skip_aliases)
    app.connect("autodoc-process-docstring", plain_types, priority=600)
    # codeautolink links code at 500
    app.connect("env-updated", add_names, priority=400)
    app.connect("env-updated", remove_homes, priority=600)
    app.connect("html-page-context", lead_back)
    app.connect("missing-reference", resolve)
    app.connect("viewcode-find-source", find_methods)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
