"""Sizes: files of 300 lines, functions of 70, control flow four deep, lines of 120 columns."""
import ast
import re

from .source import without_comments

FILE_LINES, FUNCTION_LINES, NESTING, COLUMNS = 300, 70, 4, 120
CPP = (".hpp", ".cpp")
CODE = CPP + (".py", ".sh", ".cmake", ".lua", ".ts", ".js")
NO_FUNCTION = re.compile(r"^\s*(?:inline\s+)?(?:namespace|class|struct|enum|union|extern|using|concept|"
                         r"template\s*<[^()]*>\s*(?:class|struct|concept))\b")
CONTROL = re.compile(r"^\s*(?:\}?\s*else|if|for|while|switch|do|try|catch)\b")


def is_code(path, text):
    return path.endswith(CODE) or path in ("Makefile", "CMakeLists.txt") or text.startswith("#!")


def excused(comment):
    return "longer" in comment.lower()


def first_comment(text):
    """The comment or docstring at the top of a file."""
    python = re.match(r'(?:#![^\n]*\n)?"""(.*?)"""', text, re.S)
    if python:
        return python[1]
    return re.match(r"(?:#pragma once\s*|\s*(?://|#|--|/\*|\*)[^\n]*\n|\s*\n)*", text)[0]


def files(tree):
    """A file of more than 300 lines says in its first comment why it is longer."""
    for path, text in tree.items():
        lines = text.count("\n")
        if is_code(path, text) and lines > FILE_LINES and not excused(first_comment(text)):
            yield path, 1, f"{lines} lines: at most {FILE_LINES}, or the first comment says why it is longer"


def functions(tree):
    """A function of more than 70 lines says above it why it is longer; control flow is at most four deep."""
    for path, text in tree.items():
        if path.endswith(CPP):
            yield from cpp_functions(path, text)
        elif path.endswith(".py") or text.startswith("#!/usr/bin/env python3"):
            yield from python_functions(path, text)


def too_long(lines):
    return f"a function of {lines} lines: at most {FUNCTION_LINES}, or its comment says why it is longer"


def cpp_functions(path, text):
    lines = text.splitlines()
    for first, last, deepest in cpp_spans(without_comments(text)):
        above = first - 1
        while above > 0 and lines[above - 1].lstrip().startswith("//"):
            above -= 1
        if last - first + 1 > FUNCTION_LINES and not excused("\n".join(lines[above:first])):
            yield path, first, too_long(last - first + 1)
        if deepest > NESTING:
            yield path, first, f"control flow {deepest} deep: at most {NESTING}"


def cpp_spans(code):
    """(first line, last line, deepest control flow) of every function, found by its braces."""
    open_scopes = []  # (kind, first line, text before the brace)
    inside, deepest, since, line, start, parens = False, 0, "", 1, 1, 0
    for character in re.sub(r"(?m)^\s*#[^\n]*", "", code):
        if character == "{":
            kind = "other"
            if not inside and ")" in since and not NO_FUNCTION.match(since) and re.search(r"[^=(,\s]\s+$", since):
                kind, inside, deepest = "function", True, 0
            elif inside and (CONTROL.match(since) or re.search(r"\]\s*(?:\([^{}]*)?$", since)):
                kind = "control"
            open_scopes.append((kind, start, since))
            deepest = max(deepest, sum(scope[0] == "control" for scope in open_scopes))
            since, parens = "", 0
        elif character == "}" and open_scopes:
            kind, first, before = open_scopes.pop()
            since, parens = "", 0
            if kind == "function":
                yield first, line, deepest
                inside = False
            elif not inside and re.search(r"\w$", before):  # a member's initial value, a_{1}: the function is to come
                since, start = before + "()", first
        elif character == ";" and parens == 0:
            since = ""
        else:
            parens += {"(": 1, ")": -1}.get(character, 0)
            if not since.strip():
                start = line
            since += character
        line += character == "\n"


def python_functions(path, text):
    try:
        nodes = ast.walk(ast.parse(text))
    except SyntaxError as problem:
        yield path, problem.lineno or 1, "does not parse"
        return
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES and not excused(ast.get_docstring(node) or ""):
                yield path, node.lineno, too_long(length)


def text(tree):
    """Lines end plainly, are at most 120 columns wide where they are code, and files end with one newline."""
    for path, content in tree.items():
        if path == "LICENSE" or path.startswith("tests/corpus/") or not content:
            continue
        if not content.endswith("\n") or content.endswith("\n\n"):
            yield path, content.count("\n") + 1, "does not end with exactly one newline"
        for number, line in enumerate(content.split("\n"), 1):
            if line != line.rstrip():
                yield path, number, "blanks at the end of the line"
            if len(line) > COLUMNS and not may_be_wide(path, line):
                yield path, number, f"{len(line)} columns: at most {COLUMNS}"


def may_be_wide(path, line):
    """Prose, data, what a bundler made, and text in quotes that clang-format does not break."""
    wide = path.endswith((".md", ".json", ".svg", ".txt", ".html", ".css")) or path == "web/page/dockcast.js"
    return wide or path.endswith(CPP) and '"' in line
