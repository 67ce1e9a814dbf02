"""The contract for the TypeScript client: web/sdk/src/wire.ts, the types of what is sent and heard."""
import textwrap

from .contract import name_of, offered, words
from .schemas import camel, command_name, message_name

MADE = ("// Made of protocol/*.json by `tools/describe pages`; change it there. Longer than other\n"
        "// files, since it is all that is sent and heard.\n")
COLUMNS = 120
BASIC = {"string": "string", "boolean": "boolean", "number": "number", "integer": "number", "null": "null"}
LEFT_OUT = {"log"}  # without dockcast.v1 only, or inside history: still a type, but nothing that a socket hears


class Types:
    def __init__(self, contract):
        self.contract, self.used = contract, {}

    def of_name(self, name):
        """A type by its name in protocol/types.json."""
        row = self.contract.type_of[name]
        if "codes" in row:
            return "ErrorCode"
        if "schema" not in row:
            self.used[name] = row
            return name
        schema = row["schema"]
        if schema.get("additionalProperties"):
            return "Record<string, string>"
        kind = schema.get("type", "anything")
        kinds = kind if isinstance(kind, list) else [kind]
        return " | ".join({**BASIC, "object": "Record<string, unknown>"}.get(each, "unknown") for each in kinds)

    def of(self, spec):
        """A field's type."""
        if "list" in spec:
            inner = self.of(spec["list"])
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        if "tuple" in spec:
            least = spec.get("least", len(spec["tuple"]))
            parts = [self.of(each) for each in spec["tuple"]]
            parts = [f"({part})" if "|" in part else part for part in parts]
            return "[" + ", ".join(part + "?" * (at >= least) for at, part in enumerate(parts)) + "]"
        if "words" in spec:
            return " | ".join(f'"{word}"' for word in words(spec["words"]))
        if "constant" in spec:
            constant = spec["constant"]
            return f'"{constant}"' if isinstance(constant, str) else str(constant)
        if "any" in spec:
            return " | ".join(dict.fromkeys(self.of_name(name) for name in spec["any"]))
        if "message" in spec:
            return " | ".join(message_name({"type": name}) for name in spec["message"])
        return self.of_name(spec["type"])

    def interface(self, name, row, constant=""):
        """`constant`: the value of `type`, of a command or a message."""
        lines = [*wrapped(row["meaning"], ""), f"export interface {name} {{"]
        if constant:
            lines.append(f'  type: "{constant}";')
        for field, spec in self.contract.fields_of(row).items():
            meaning = " ".join([spec.get("meaning", ""), "; ".join(
                f"{word}: {said}" for word, said in words(spec.get("words", {})).items() if said)]).strip()
            lines += wrapped(meaning) if meaning else []
            lines += declared(f"  {name_of(field)}{'?' * field.endswith('?')}: {self.of(spec)};")
        if row.get("open"):
            lines.append("  [field: string]: unknown;")
        return "\n".join([*lines, "}"]) + "\n"

    def named(self):
        """The types of protocol/types.json that were used, also by one another."""
        made = {}
        while missing := sorted(self.used.keys() - made.keys()):
            made |= {name: self.interface(name, self.used[name]) for name in missing}
        return [made[name] for name in sorted(made)]


def wrapped(meaning, indent="  "):
    if len(line := f"{indent}/** {meaning} */") <= COLUMNS:
        return [line]
    lines = textwrap.wrap(meaning, COLUMNS - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}/** {lines[0]}", *(f"{indent} * {line}" for line in lines[1:]), f"{indent} */"]


def declared(line):
    """One line, or where it would be too wide one for each member of the union."""
    if len(line) <= COLUMNS:
        return [line]
    name, kinds = line.split(": ", 1)
    return [f"{name}:", *(f"    | {kind}" for kind in kinds.split(" | "))]


def union(name, meaning, members):
    return f"/** {meaning} */\nexport type {name} =" + "".join(f"\n  | {each}" for each in members) + ";\n"


def wire(contract):
    types = Types(contract)
    commands = [row for row in offered(contract.commands) if row["type"] != "pong"]
    messages = offered(contract.messages)
    bodies = [types.interface(command_name(row), row, row["type"]) for row in commands]
    bodies = [body.replace("{\n", "{\n  id?: string | number;\n", 1) for body in bodies]
    bodies += [types.interface(message_name(row), row, row["type"]) for row in messages]
    close_codes = "".join(f"  {camel(row['name'])[0].lower() + camel(row['name'])[1:]}: {row['code']},\n"
                          for row in offered(contract.close_codes) if row["code"] >= 4000)
    parts = [
        union("ErrorCode", "Why something was refused: docs/errors.md has a page for each.",
              [f'"{row["code"]}"' for row in offered(contract.errors)]),
        f"/** The close codes that dockcast sends. */\nexport const closeCodes = {{\n{close_codes}}} as const;\n",
        *types.named(), *bodies,
        union("Command", "What a client sends.", [command_name(row) for row in commands]),
        union("Message", "What a client is sent.", [message_name(row) for row in messages
                                                    if row["type"] not in LEFT_OUT])]
    return MADE + "\n" + "\n".join(parts)
