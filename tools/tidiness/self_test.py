"""Each rule must find its planted fault, and nothing in the tidy twin beside it."""
from description import pages

ROOMS = {"CMakeLists.txt": "room(base)\nroom(net base)\nroom(bus base net)\nroom(api base bus)\n"
                           "room(app base net bus api)\n"}
LONG = "".join(f"int x{n};\n" for n in range(301))
BODY = "".join(f"  ++n;  // {n}\n" for n in range(70))
HASHED = {"src/api/a.hpp": "std::unordered_map<int, std::pair<int, int>> seen_;\n"}
TABLE = "| `base` | x | – |\n| `net` | x | base |\n| `bus` | x | base net |\n| `api` | x | base bus |\n"
WHOLE = {"README.md": TABLE + "| `app` | x | base net bus api |\n"}
MADE = {"Makefile": "test: x\n"}
HERE = {"docs/a.md": "# One Two\n", "tools/x": ""}
SEAM = {"src/bus/redis_bus.hpp": ""}
TABLES = {"protocol/errors.json": '[{"code": "no", "status": "offered", "http": 404, "close": 1, "retry": false, '
                                  '"meaning": "No.", "do": "Go."}]',
          "protocol/close_codes.json": '[{"code": 1, "name": "x", "status": "offered", "meaning": "x", "do": "x"}]'}
PAGES = {**TABLES, **pages.made(TABLES)}


def nested(depth):
    return "int f(int n) {\n" + "if (n) {\n" * depth + "}\n" * depth + "}\n"


# rule, the tidy tree, the tree with one fault
CASES = [
    ("includes", {"src/api/a.cpp": '#include "base/b.hpp"\n'}, {"src/api/a.cpp": '#include "net/b.hpp"\n'}),
    ("includes", {**SEAM, "src/app/a.cpp": '#include "bus/redis_bus.hpp"\n'},
     {**SEAM, "src/api/a.cpp": '#include "bus/redis_bus.hpp"\n'}),
    ("includes", {"src/base/a.cpp": ""}, {"src/cellar/a.cpp": ""}),
    ("includes", {"src/api/a.cpp": "#include <b.hpp>\n"}, {"src/api/a.cpp": '#include "b.hpp"\n'}),
    ("libraries", {"src/net/a.cpp": "#include <boost/asio/io_context.hpp>\n"},
     {"src/net/a.hpp": "#include <boost/asio/io_context.hpp>\n"}),
    ("libraries", {"src/http/a.cpp": "#include <boost/beast.hpp>\n"}, {"src/ws/a.cpp": "#include <boost/beast.hpp>\n"}),
    ("libraries", {"src/ws/a.cpp": "#include <openssl/evp.h>\n"}, {"src/ws/a.cpp": "#include <openssl/ssl.h>\n"}),
    ("libraries", {"src/api/a.hpp": "// For .cpp files of\n// this room only.\n#pragma once\n#include <spdlog/a.h>\n"},
     {"src/api/a.hpp": "#include <boost/json.hpp>\n"}),
    ("libraries", {"src/net/a.cpp": "#include <string>\n"}, {"src/net/a.cpp": "#include <regex>\n"}),
    ("only_in_net", {"src/net/a.cpp": "steady_clock::now();\n"}, {"src/api/a.cpp": "steady_clock::now();\n"}),
    ("only_in_net", {"src/api/a.cpp": "// std::thread\n"}, {"src/api/a.cpp": "std::thread worker;\n"}),
    ("only_in_net", {"src/api/a.cpp": "bus.send(1); net::socket(1);\n"}, {"src/api/a.cpp": "f = ::socket(1, 2, 3);\n"}),
    ("only_in_net", {"src/api/a.cpp": "operand(1);\n"}, {"src/api/a.cpp": "int x = rand();\n"}),
    ("only_in_net", {"src/base/log.cpp": "std::mutex lock;\n"}, {"src/base/other.cpp": "std::mutex lock;\n"}),
    ("only_in_net", {"src/api/a_test.cpp": "std::mt19937 r(7);\n"}, {"src/api/a.cpp": "std::mt19937 r(7);\n"}),
    ("only_in_net", {"src/api/a.hpp": "std::mt19937 r(7);\n", "src/api/a_test.cpp": '#include "api/a.hpp"\n'},
     {"src/api/a.hpp": "std::mt19937 r(7);\n", "src/api/a.cpp": '#include "api/a.hpp"\n'}),
    ("only_in_net", {"src/api/a.cpp": "asleep(1); co_await loop_.sleep(s);\n"},
     {"src/api/a_test.cpp": "std::this_thread::sleep_for(1ms);\n"}),
    ("unordered_iteration", {**HASHED, "src/api/a.cpp": "// any order: it is a sum\nfor (auto& x : seen_) {}\n"},
     {**HASHED, "src/api/a.cpp": "for (auto& x : seen_) {}\n"}),
    ("unordered_iteration", {**HASHED, "src/api/a.cpp": "seen_.find(3);\n"},
     {**HASHED, "src/api/a.cpp": "for (auto& x : me->seen_) {}\n"}),
    ("todo", {"src/api/a.cpp": "// TODO #7: more\n"}, {"src/api/a.cpp": "// TODO more\n"}),
    ("files", {"src/api/a.cpp": "// Longer, since.\n" + LONG}, {"src/api/a.cpp": "// A thing.\n" + LONG}),
    ("functions", {"a.cpp": "// Longer: one switch.\nint f(int n) {\n" + BODY + "}\n"},
     {"a.cpp": "int f(int n) {\n" + BODY + "}\n"}),
    ("functions", {"a.cpp": "namespace n {\n" + "int g() { return 1; }\n" * 80 + "}\n"},
     {"a.cpp": "struct S {\n  S()\n      : a_{1}, b_{2} {\n" + BODY + "  }\n};\n"}),
    ("functions", {"a.cpp": "bool f(char c) { return c == '{' || c == '\\'' || c == '\"'; }\n" + LONG},
     {"a.cpp": "int f(int n) {\n  n = '}';\n" + BODY + "}\n"}),
    ("functions", {"a.cpp": nested(4)}, {"a.cpp": nested(5)}),
    ("functions", {"a.py": "def f():\n" + "    x = 1\n" * 69}, {"a.py": "def f():\n" + "    x = 1\n" * 71}),
    ("text", {"a.cpp": "int a;\n"}, {"a.cpp": "int a; \n"}),
    ("text", {"a.cpp": "x" * 120 + "\n"}, {"a.cpp": "x" * 121 + "\n"}),
    ("text", {"a.md": "| " + "x" * 130 + "\n"}, {"a.md": "x"}),
    ("links", {**HERE, "docs/b.md": "[a](a.md#one-two) [b](../tools/x) [c](https://example.org)\n"},
     {**HERE, "docs/b.md": "[a](c.md)\n"}),
    ("links", HERE, {**HERE, "docs/b.md": "[a](a.md#three)\n"}),
    ("paths", {**HERE, "b.md": "`tools/x` `tests/NAME/` and `src/a.cpp` not yet\n"}, {**HERE, "b.md": "`tools/y`\n"}),
    ("commands", {**MADE, "a.md": "`make test`, or make do\n"}, {**MADE, "a.md": "`make love`\n"}),
    ("tests", {"src/a/b_test.cpp": "TEST(Thing, does_what_it_says) {\n", "a.md": "`Thing.does_what_it_says`\n"},
     {"a.md": "`Thing.does_what_it_says`\n"}),
    ("room_table", WHOLE, {"README.md": TABLE + "| `app` | x | base net bus |\n"}),
    ("room_table", WHOLE, {"README.md": TABLE}),
    ("room_table", WHOLE, {"README.md": WHOLE["README.md"] + "| `cellar` | x | base |\n"}),
    ("generated", PAGES, {**PAGES, "docs/errors/no.md": "Yes."}),
    ("generated", PAGES, {**PAGES, "docs/errors/old.md": ""}),
    ("generated", PAGES, {**PAGES, "protocol/close_codes.json": "[]"}),
    ("words", {"a.md": "the /workers/ of network/\n"}, {"a.md": "see /wo" + "rk/main\n"}),
    ("words", {"a.md": "docker.io is a package\n"}, {"a.md": "pull gh" + "cr.io/x\n"}),
]


def run(rules):
    """0 where every rule has a case and every case holds."""
    named = {rule.__name__: rule for rule in rules}
    wrong = [f"no case proves {name}" for name in named.keys() - {case[0] for case in CASES}]
    for number, (name, tidy, untidy) in enumerate(CASES, 1):
        passed, caught = (list(named[name]({**ROOMS, **tree})) for tree in (tidy, untidy))
        if passed:
            wrong.append(f"case {number}, {name}: should pass, but {passed}")
        if not caught:
            wrong.append(f"case {number}, {name}: missed its fault")
    print("\n".join(wrong) or f"{len(CASES)} cases hold")
    return int(bool(wrong))
