"""The department tree of one day: pure. Built from the versions in force on that day, so a past tree never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Node:
    """A department on a day. ``parent_id`` None: a facility at the top."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None


@dataclass(frozen=True)
class Tree:
    """All departments of a day by id."""

    nodes: Mapping[int, Node]

    @cached_property
    def children(self) -> Mapping[int | None, tuple[Node, ...]]:
        """The nodes below each node, by name; under None stand those at the top."""
        found: dict[int | None, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.parent_id if node.parent_id in self.nodes else None, []).append(node)
        return {
            parent: tuple(sorted(nodes, key=lambda n: (n.name.casefold(), n.code))) for parent, nodes in found.items()
        }

    @cached_property
    def by_code(self) -> Mapping[str, Node]:
        """Nodes by their code."""
        return {node.code: node for node in self.nodes.values()}

    def ancestors(self, department_id: int) -> tuple[Node, ...]:
        """From the top down to and including the department; empty when it is not in the tree of this day."""
        line: list[Node] = []
        node = self.nodes.get(department_id)
        while node is not None and node not in line:
            line.append(node)
            node = self.nodes.get(node.parent_id) if node.parent_id is not None else None
        return tuple(reversed(line))

    def path(self, department_id: int) -> str:
        """The names from the top down, as people read them."""
        return SEPARATOR.join(node.name for node in self.ancestors(department_id))

    def subtree(self, roots: Iterable[int]) -> frozenset[int]:
        """The ids of these departments and everything below them."""
        found: set[int] = set()
        todo = [root for root in roots if root in self.nodes]
        while todo:
            found.add(current := todo.pop())
            todo += [child.id for child in self.children.get(current, ()) if child.id not in found]
        return frozenset(found)

    def walk(self, roots: Iterable[int] | None = None) -> Iterator[tuple[int, Node]]:
        """(level from 0, node), every parent before its children, children by name."""
        tops = self.children.get(None, ()) if roots is None else [self.nodes[r] for r in roots if r in self.nodes]
        todo = [(0, node) for node in reversed(tuple(tops))]
        while todo:
            level, node = todo.pop()
            yield level, node
            todo += [(level + 1, child) for child in reversed(self.children.get(node.id, ()))]
