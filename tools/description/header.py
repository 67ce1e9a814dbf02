"""The contract's tables as C++: src/api includes them as "api/contract.hpp"."""
from .contract import offered

HEAD = """// Made of protocol/*.json by tools/describe: the names and numbers of the public contract.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace api {
"""


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def flag(value):
    return str(value).lower()


def enumeration(name, words):
    return f"enum class {name} : std::uint8_t {{\n" + "".join(f"  {word},\n" for word in words) + "};\n"


def table(row_type, name, rows):
    lines = "".join(f"    {'{' + ', '.join(row) + '}' if len(row) > 1 else row[0]},\n" for row in rows)
    return f"inline constexpr std::array<{row_type}, {len(rows)}> {name} = {{{{\n{lines}}}}};\n"


def errors(contract):
    rows = [(text(row["code"]), str(row["http"]), str(row["close"]), flag(row["retry"])) for row in contract.errors]
    return (enumeration("Code", [row["code"] for row in contract.errors]) + """
struct CodeRow {
  std::string_view name;
  int status;           // of the HTTP answer
  std::uint16_t close;  // of a connection that is about nothing else
  bool retry;
};
""" + table("CodeRow", "code_rows", rows))


def close_codes(contract):
    constants = "".join(f"inline constexpr std::uint16_t {row['name']} = {row['code']};\n"
                        for row in contract.close_codes)
    counted = [(text(label),) for label in ["lost", "other", *(str(row["code"]) for row in contract.close_codes)]]
    return f"""namespace close_code {{
{constants}}}  // namespace close_code

// The closed set of close codes that are counted; "lost" is a connection that ended without one.
{table("std::string_view", "counted_closes", counted)}"""


def commands(contract):
    rows = [(text(row["type"]), f"CommandKind::{row['type']}", flag("channel" in row["fields"]))
            for row in contract.commands]
    return (enumeration("CommandKind", ["bad", *(row["type"] for row in contract.commands)]) + """
struct CommandRow {
  std::string_view name;
  CommandKind kind;
  bool has_channel;
};
""" + table("CommandRow", "command_rows", rows))


def limits(contract):
    lines = "".join(f"inline constexpr std::size_t {row['name']} = {row['value']};  // {row['meaning']}\n"
                    for row in offered(contract.limits))
    return f"namespace limit {{\n{lines}}}  // namespace limit\n"


def header(contract):
    parts = [errors(contract), close_codes(contract), commands(contract), limits(contract)]
    return "\n".join([HEAD, *parts, "}  // namespace api\n"])
