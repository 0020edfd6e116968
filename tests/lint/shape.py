# SPDX-License-Identifier: BSD-2-Clause
"""Sizes and forms of C code: functions, files, lines, parameters, typedefs, conditional compilation."""

import re

from tree import STRING

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 800
COLUMNS_MAX = 100
PARAMETERS_MAX = 5
TAB = 8
FAULTS = {
    "a function of 71 lines": {"a.c": "int f(void)\n{\n" + "\n" * 68 + "}\n"},
    "a file of 801 lines": {"a.h": "\n" * 801},
    "a line of 101 columns": {"a.c": "/* " + "x" * 95 + " */\n"},
    "six parameters": {"a.c": "int f(int a, int b, int c,\n      int d, int (*e)(int, int), int g)\n{\n}\n"},
    "a typedef'd struct": {"a.h": "typedef struct {\n\tint a;\n} a_t;\n"},
    "a typedef'd enum with a name": {"a.h": "typedef enum a { B } a_t;\n"},
    "#ifdef in a body": {"a.c": "int f(void)\n{\n#ifdef A\n\treturn 1;\n#endif\n}\n"},
}


def check(tree):
    for path in tree.c_files():
        lines = tree.text(path).splitlines()
        if len(lines) > FILE_LINES_MAX:
            yield path, len(lines), f"{len(lines)} lines, more than {FILE_LINES_MAX}"
        for number, line in enumerate(lines, 1):
            if len(re.sub(STRING, '""', line).expandtabs(TAB)) > COLUMNS_MAX:  # a string stays in one piece
                yield path, number, f"wider than {COLUMNS_MAX} columns"
        code = tree.code(path)
        for number, line in enumerate(code.splitlines(), 1):
            if re.match(r"\s*typedef\s+(struct|union|enum)\b", line):
                yield path, number, "typedef of a struct, union or enum"
            if path.endswith(".c") and re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line):
                yield path, number, "conditional compilation: let the build choose whole files"
        yield from check_functions(path, code)


def check_functions(path, code):
    """A definition ends in a brace of its own in column 1, as clang-format leaves it."""
    lines, header, begin = code.splitlines(), 0, None
    for number, line in enumerate(lines, 1):
        if begin is None:
            if line == "{":
                begin = header + 1
                parameters = count_parameters("\n".join(lines[header:number - 1]))
                if parameters > PARAMETERS_MAX:
                    yield path, begin, f"{parameters} parameters, more than {PARAMETERS_MAX}"
            elif not line.strip() or line.startswith(("#", "}")) or line.rstrip().endswith((";", "}")):
                header = number
        elif line.startswith("}"):
            if number - begin + 1 > FUNCTION_LINES_MAX:
                yield path, begin, f"function of {number - begin + 1} lines, more than {FUNCTION_LINES_MAX}"
            begin, header = None, number


def count_parameters(header):
    """Commas at the depth of the last outermost parentheses, plus one."""
    depth = commas = 0
    for character in header:
        if character == "(":
            depth += 1
            commas = 0 if depth == 1 else commas
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 1:
            commas += 1
    return commas + 1
