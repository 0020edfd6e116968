#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""All lints, in TAP: each on the tree, then on its planted faults, every one of which it must find.

A lint is a module with check(tree), which yields (path, line, text), and FAULTS, a small planted tree a name.
"""

import sys

import layers
import lists
import purity
import shape
import style
import words
from tree import Tree

LINTS = (layers, lists, purity, shape, style, words)


def cases():
    """(name, findings that make it fail)"""
    tree = Tree()
    for lint in LINTS:
        yield lint.__name__, [f"{path}:{line}: {text}" for path, line, text in lint.check(tree)]
        for fault, planted in lint.FAULTS.items():
            found = list(lint.check(Tree(planted)))
            yield f"{lint.__name__} finds {fault}", [] if found else ["the planted fault was not found"]


def main():
    failed = 0
    print(f"1..{sum(1 + len(lint.FAULTS) for lint in LINTS)}")
    for number, (name, findings) in enumerate(cases(), 1):
        print(f"{'not ok' if findings else 'ok'} {number} - {name}")
        print("".join(f"# {line}\n" for finding in findings for line in finding.splitlines()), end="")
        failed += bool(findings)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
