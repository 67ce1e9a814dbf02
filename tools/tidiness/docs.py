"""Documents that stay true: links, paths and commands that exist, the room table, and words that do not belong here."""
import posixpath
import re

from description import pages

from . import rooms

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
PATH = re.compile(r"`((?:src|tools|docs|tests|cmake|bench|web|deploy|protocol|\.ci)/[\w./-]*)`")
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)
# Written in two pieces, so that this file does not contain what it forbids.
FORBIDDEN = [re.compile(r"(?<![\w.~])/" + r"(?:wo" + r"rk|ho" + r"me/\w+)/"),
             re.compile("|".join(re.escape(a + b) for a, b in (
                 ("registry-1.", "docker.io"), ("index.", "docker.io"), ("gh", "cr.io"), ("qu", "ay.io"),
                 ("registry.", "npmjs.org"), ("files.", "pythonhosted.org"), ("pypi", ".org/simple"),
                 ("deb.", "debian.org"), ("proxy.", "golang.org"))))]


def markdown(files):
    for path, text in files.items():
        if path.endswith(".md"):
            for number, line in enumerate(text.splitlines(), 1):
                yield path, number, line


def exists(files, path):
    path = path.rstrip("/")
    return path in files or any(name.startswith(path + "/") for name in files)


def anchors(text):
    """The names GitHub gives to headings."""
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(files):
    """A relative link leads to a file, and its anchor to a heading."""
    for path, number, line in markdown(files):
        for target in (first or second for first, second in LINK.findall(line)):
            if re.match(r"\w+:", target):
                continue
            name, _, anchor = target.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
            if not exists(files, there):
                yield path, number, f"a link to {target}, which does not exist"
            elif anchor and there.endswith(".md") and anchor not in anchors(files[there]):
                yield path, number, f"{there} has no heading {anchor}"


def paths(files):
    """A path in `backticks` exists, unless its line says 'not yet'."""
    for path, number, line in markdown(files):
        for name in PATH.findall(line):
            if "not yet" not in line and not re.search(r"NAME|ROOM|NNNN", name) and not exists(files, name):
                yield path, number, f"names {name}, which does not exist"


def tests(files):
    """A `Suite.test` in backticks is a test."""
    sources = "".join(text for path, text in files.items() if path.endswith("_test.cpp"))
    known = {f"{suite}.{name}" for suite, name in TEST.findall(sources)}
    for path, number, line in markdown(files):
        for name in re.findall(r"`([A-Z]\w+\.[A-Za-z]\w{9,})`", line):
            if name not in known:
                yield path, number, f"there is no test {name}"


def commands(files):
    """`make x` in a document is a target of the Makefile."""
    targets = set(re.findall(r"^([\w-]+):", files.get("Makefile", ""), re.MULTILINE))
    for path, number, line in markdown(files):
        for target in re.findall(r"`make ([a-z][\w-]*)", line):
            if target not in targets:
                yield path, number, f"make {target} does not exist"


def room_table(files):
    """README draws the table that CMakeLists.txt declares: | room | what it is | may use |"""
    drawn = {}
    for number, line in enumerate(files.get("README.md", "").splitlines(), 1):
        row = re.match(r"\| `(\w+)` \|[^|]*\|([^|]*)\|$", line)
        if row:
            drawn[row[1]] = (number, [word for word in re.split(r"[\s,·`]+", row[2]) if word and word != "–"])
    declared = rooms.table(files)
    for room, uses in declared.items():
        if room not in drawn:
            yield "README.md", 1, f"the room table lacks {room}"
        elif set(drawn[room][1]) != set(uses):
            yield "README.md", drawn[room][0], f"{room} may use {' '.join(uses) or '–'}, says CMakeLists.txt"
    for room in drawn.keys() - declared.keys():
        yield "README.md", drawn[room][0], f"there is no room {room}"


def words(files):
    """No path of somebody's machine and no host of a registry or mirror."""
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            for pattern in FORBIDDEN:
                found = pattern.search(line)
                if found:
                    yield path, number, f"{found[0]} belongs to one machine, not to the project"


def generated(files):
    """What is made of protocol/ is what its tables make now."""
    if "protocol/errors.json" not in files:
        return
    try:
        made = pages.made(files)
    except (ValueError, KeyError) as wrong:
        yield "protocol/README.md", 1, f"the tables contradict one another: {wrong}"
        return
    for path in sorted(made.keys() | {path for path in files if path.startswith("docs/errors/")}):
        if files.get(path) != made.get(path):
            yield path, 1, "is not what protocol/ says: run tools/describe pages"
