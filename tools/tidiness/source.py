"""What C++ in the rooms may not do."""
import re

from . import rooms

CALLS = r"socket|accept4?|connect|bind|listen|poll|epoll_\w+|recv|recvmsg|send|sendmsg|sendto|getaddrinfo"
# The simulated net can only stand for the world where nothing goes past it.
WORLD = [
    (re.compile(r"\w+_clock::now|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)"),
     "a clock"),
    (re.compile(r"\bs?rand\s*\(|\brandom_device\b|\bgetrandom\b|\bgetentropy\b|\bRAND_bytes\b"), "randomness"),
    (re.compile(r"\bmt19937|<random>"), "seeded randomness"),
    (re.compile(r"(?<![\w>])::(?:" + CALLS + r")\s*\(|<sys/(?:socket|epoll|un)\.h>|<netinet/|<arpa/"), "a socket"),
    (re.compile(r"std::(?:jthread|thread|async|mutex|shared_mutex|recursive_mutex|condition_variable)\b|\bpthread_\w+"),
     "a thread or a lock"),
    (re.compile(r"\bsleep_(?:for|until)\b|\busleep\b|\bnanosleep\b|(?<![\w.>])sleep\s*\("), "a sleep"),
]
# Logging stands below net and is called from every loop.
MAY = {("src/base/log.cpp", "a thread or a lock"), ("src/base/log.cpp", "a clock")}


def may(files, path, what):
    return (path, what) in MAY or what == "seeded randomness" and of_tests(files, path)


def of_tests(files, path):
    """A test, or what only tests include."""
    quoted = f'#include "{path[4:]}"'
    users = [other for other, text in files.items() if path.endswith(".hpp") and quoted in text]
    return path.endswith("_test.cpp") or bool(users) and all(user.endswith("_test.cpp") for user in users)


LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"' r"|(?<!\w)'(?:\\.|[^'\\\n])+'", re.S)
UNORDERED = re.compile(r"\bunordered_\w*(?:map|set)\s*<")
ANY_ORDER = "any order"


def without_comments(text):
    """The code alone, line by line as before: comments and the contents of strings are blanked."""
    def blank(match):
        found = match[0]
        return re.sub(r"[^\n]", " ", found) if found[0] == "/" else '""' + "\n" * found.count("\n")

    return LITERAL.sub(blank, text)


def only_in_net(files):
    """Clocks, randomness, sockets, threads and sleeps: only in net, so that the simulation sees everything."""
    for path, room, text in rooms.sources(files):
        if room == "net":
            continue
        for number, line in enumerate(without_comments(text).splitlines(), 1):
            for pattern, what in WORLD:
                if pattern.search(line) and not may(files, path, what):
                    yield path, number, f"{what} outside net: take it from net::Loop, net::Random or the seams"


def declared(text):
    """Names of variables and members whose type is an unordered container."""
    for match in UNORDERED.finditer(text):
        depth, at = 1, match.end()
        while at < len(text) and depth:
            depth += {"<": 1, ">": -1}.get(text[at], 0)
            at += 1
        name = re.match(r"[&\s]*(\w+)\s*[;={,)]", text[at:])
        if name:
            yield name[1]


def unordered_iteration(files):
    """Nothing may depend on a hash function: a walk through one says on its line or above that any order will do."""
    for path, _, text in rooms.sources(files):
        twin = path[:-4] + (".hpp" if path.endswith(".cpp") else ".cpp")
        names = set(declared(text)) | set(declared(files.get(twin, "")))
        if not names:
            continue
        ends = "|".join(map(re.escape, sorted(names)))
        walk = re.compile(rf"\bfor\s*\([^;]*:\s*(?:[^;()]*(?:\.|->))?({ends})\s*\)|\b({ends})\.begin\(\)")
        raw = text.splitlines()
        for number, line in enumerate(without_comments(text).splitlines(), 1):
            found = walk.search(line)
            if found and ANY_ORDER not in " ".join(raw[max(0, number - 2):number]):
                name = found[1] or found[2]
                yield path, number, f"walks through the unordered {name}: order it, or say '{ANY_ORDER}'"


def todo(files):
    """A TODO names an issue or does not exist."""
    for path, _, text in rooms.sources(files):
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not re.search(r"#\d+", line):
                yield path, number, "a TODO names an issue (#4) or does not exist"
