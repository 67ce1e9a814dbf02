"""The contract: the tables of protocol/, read and held against one another."""
import json
import re

PARTS = ("errors", "close_codes", "types", "channels", "endpoints", "commands", "messages", "routes", "limits",
         "metrics")
STATUSES = ("offered", "reserved", "later")


def offered(rows):
    """Those that this version serves. A row without a status is one that needs none."""
    return [row for row in rows if row.get("status", "offered") == "offered"]


def name_of(field):
    """A field's name without the ? that says it may be missing."""
    return field.removesuffix("?")


class Contract:
    """Each table is a list of rows, under its name. ValueError says what contradicts what."""

    def __init__(self, files):
        """`files`: path -> text, of at least protocol/; a table that is not there is empty."""
        for part in PARTS:
            path = f"protocol/{part}.json"
            try:
                setattr(self, part, json.loads(files.get(path, "[]")))
            except ValueError as wrong:
                raise ValueError(f"{path} is not JSON: {wrong}") from wrong
        self.type_of = {row["name"]: row for row in self.types}
        self.command_of = {row["type"]: row for row in self.commands}
        self.message_of = {row["type"]: row for row in self.messages}
        self.error_of = {row["code"]: row for row in self.errors}
        wrong = list(self.contradictions())
        if wrong:
            raise ValueError("protocol/: " + "; ".join(wrong))

    def contradictions(self):
        for part in PARTS:
            for row in getattr(self, part):
                if row.get("status", "offered") not in STATUSES:
                    yield f"{part}: {row['status']} is no status, which are {', '.join(STATUSES)}"
        closes = {row["code"] for row in self.close_codes}
        yield from (f"errors: {row['code']} has an unknown close code" for row in self.errors
                    if row["close"] not in closes)
        yield from (f"commands: {row['type']} has an unknown reply" for row in self.commands
                    if row.get("reply", "error") not in self.message_of)
        for row in self.channels:
            yield from (f"channels: {row['name']} has an unknown message {each}" for each in row["messages"]
                        if each not in self.message_of)
        for row in self.routes:
            yield from (f"routes: {row['path']} has an unknown problem {each}" for each in row.get("problems", [])
                        if each not in self.error_of)
        yield from (f"{name} is no type" for name in sorted(self.named_types() - set(self.type_of)))

    def named_types(self):
        """Every name of a type that some field or answer uses."""
        names = set()

        def look(value):
            if isinstance(value, list):
                for each in value:
                    look(each)
            elif isinstance(value, dict):
                names.update(value.get("any", []), [value["type"]] if isinstance(value.get("type"), str) else [])
                for each in value.values():
                    look(each)

        for row in self.types + self.commands + self.messages:
            look(row.get("fields", {}))
            names.update(row.get("either", []))
        for row in self.routes:
            look([row.get("query", {}), row.get("headers", {})])
            names.update(kind for answer in row.get("answers", {}).values() for kind in answer.values())
        return names

    def fields_of(self, row):
        """The fields of a type, command or message that are offered, those that it extends first."""
        inherited = self.fields_of(self.type_of[row["extends"]]) if "extends" in row else {}
        fields = self.command_of[row["like"]]["fields"] if "like" in row else row.get("fields", {})
        return inherited | {name: spec for name, spec in fields.items() if spec.get("status", "offered") == "offered"}

    def messages_of(self, endpoint):
        """Types of the messages that may be heard on an endpoint, in the order of the table."""
        common = {"connected", "subscribed", "unsubscribed", "history", "published", "presence", "pong", "heartbeat",
                  "migrate", "error"}
        channels = [row for row in self.channels if endpoint.get("channel", row["name"]) == row["name"]]
        heard = common.union(*(row["messages"] for row in offered(channels)))
        return [row["type"] for row in offered(self.messages) if row["type"] in heard]


def method_of(route):
    return route.get("methods", ["GET"])[0]


def parameters(path):
    return re.findall(r"\{(\w+)\}", path)


def words(spec):
    """word -> meaning, of the words that are offered."""
    described = {word: says if isinstance(says, dict) else {"meaning": says} for word, says in spec.items()}
    return {word: says.get("meaning", "") for word, says in described.items()
            if says.get("status", "offered") == "offered"}
