"""The pages. Each audience has one module, one blueprint and one folder of templates."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint


def blueprints() -> list[Blueprint]:
    """The blueprint of every module here that has one (``blueprint = Blueprint(...)``)."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return [module.blueprint for module in modules if hasattr(module, "blueprint")]
