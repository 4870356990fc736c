"""The pages. One folder for each kind of work; each audience in it has one module, one blueprint and one folder of templates.

What every page needs (the viewer, forms, words, errors) lies beside the folders.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

from flask import Blueprint


def blueprints() -> list[Blueprint]:
    """The blueprint of every module below here that has one (``blueprint = Blueprint(...)``)."""
    modules = (import_module(found.name) for found in walk_packages(__path__, f"{__name__}."))
    return [module.blueprint for module in modules if hasattr(module, "blueprint")]
