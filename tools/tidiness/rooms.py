"""Which room includes which, and which room may touch which library."""
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
# Libraries with a door: where they may be included. Everything else is free.
DOORS = [
    (re.compile(r"boost/asio"), re.compile(r"src/net/\w+\.cpp$"), "Asio stays in src/net/*.cpp"),
    (re.compile(r"openssl/(?:ssl|x509\w*|bio|err)\.h"), re.compile(r"src/net/\w+\.cpp$"), "TLS stays in src/net/*.cpp"),
    (re.compile(r"boost/beast"), re.compile(r"src/http/\w+\.cpp$"), "Beast stays in src/http/*.cpp"),
    (re.compile(r"boost/json(?!/fwd)|prometheus/|spdlog/|CLI/|toml\+\+/"), re.compile(r".*\.cpp$"),
     "is dear to include: only in a .cpp"),
    (re.compile(r"regex$"), re.compile(r"$^"), "std::regex recurses on its input: never"),
]
# Implementations of the seams: the composition and the tests choose one, everybody else sees the seam.
IMPLEMENTATION = re.compile(r"(bus|lease)/(redis|memory)_\w+\.hpp$")


def table(files):
    """room -> the rooms it may use, as CMakeLists.txt declares them."""
    lines = re.findall(r"^room\(([^)]*)\)", files.get("CMakeLists.txt", ""), re.MULTILINE)
    return {words.split()[0]: words.split()[1:] for words in lines}


def sources(files):
    """(path, room, text) of all C++ in rooms."""
    for path, text in files.items():
        parts = path.split("/")
        if len(parts) == 3 and parts[0] == "src" and path.endswith((".hpp", ".cpp")):
            yield path, parts[1], text


def included(text):
    """(line, quoted name, bracketed name)"""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(1 if match[1] else 2)) + 1, match[1], match[2]


def includes(files):
    """A room includes only itself and the rooms named behind it."""
    rooms = table(files)
    for path in files:
        if path.startswith("src/") and path.endswith((".hpp", ".cpp")) and path.split("/")[1] not in rooms:
            yield path, 1, "stands in no room that CMakeLists.txt declares"
    for path, room, text in sources(files):
        for line, name, _ in included(text):
            other = name.split("/")[0] if name and "/" in name else None
            if name and other not in rooms:
                yield path, line, f'"{name}" is not of the form "room/file.hpp"'
            elif name and other != room and other not in rooms.get(room, []):
                yield path, line, f"{room} may not include {other}: the room table in CMakeLists.txt does not allow it"
            elif name and IMPLEMENTATION.match(name) and not (other == room or room == "app" or "_test." in path):
                yield path, line, f'"{name}" is an implementation: only app and tests choose one'


def inner(path, text):
    """A header that says in its first comment that it is for .cpp files of its room only may be dear itself."""
    words = text.split("#pragma once")[0].replace("//", "").split()
    return path.endswith(".hpp") and ".cpp files of this room only" in " ".join(words)


def libraries(files):
    """A library is included only behind its door."""
    for path, _, text in sources(files):
        for line, _, name in included(text):
            for library, door, why in DOORS:
                if name and library.match(name) and not door.match(path) and not inner(path, text):
                    yield path, line, f"<{name}>: {why}"
