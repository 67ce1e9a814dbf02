"""JSON Schemas of the contract's types, commands and messages, in the dialect of OpenAPI 3.1 (2020-12) or of
AsyncAPI 3.0 (draft 7), which differ in how they say a tuple."""
from .contract import name_of, words

OPENAPI, ASYNCAPI = "openapi", "asyncapi"


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def command_name(row):
    return camel(row["type"]) + "Command"


def message_name(row):
    return camel(row["type"]) + "Message"


class Schemas:
    """`used` collects the types that are referred to, by name."""

    def __init__(self, contract, dialect):
        self.contract, self.dialect, self.used = contract, dialect, set()

    def refer(self, name):
        return {"$ref": f"#/components/schemas/{name}"}

    def of_type(self, name):
        row = self.contract.type_of[name]
        if "schema" not in row:
            self.used.add(name)
            return self.refer(name)
        schema = dict(row["schema"])
        if "codes" in row:
            schema["enum"] = [error["code"] for error in self.contract.errors]
        return schema

    def of(self, spec):
        """Of one field."""
        schema = self.bare(spec)
        if "meaning" in spec and "$ref" not in schema:
            schema["description"] = spec["meaning"]
        return schema

    def bare(self, spec):
        if "list" in spec:
            return {"type": "array", "items": self.of(spec["list"])}
        if "tuple" in spec:
            items = [self.of(each) for each in spec["tuple"]]
            form = ({"prefixItems": items, "items": False} if self.dialect == OPENAPI else
                    {"items": items, "additionalItems": False})
            return {"type": "array", "minItems": spec.get("least", len(items)), **form}
        if "words" in spec:
            return {"type": "string", "enum": list(words(spec["words"]))}
        if "constant" in spec:
            return {"const": spec["constant"]}
        if "any" in spec:
            return {"anyOf": [self.of_type(name) for name in spec["any"]]}
        if "message" in spec:
            return {"oneOf": [self.refer(message_name({"type": name})) for name in spec["message"]]}
        return self.of_type(spec["type"])

    def object(self, row, **constants):
        """Of a type, command or message with fields. Others may come: clients ignore what they do not know."""
        fields = self.contract.fields_of(row)
        properties = {name: {"const": value} for name, value in constants.items()}
        properties |= {name_of(name): self.of(spec) for name, spec in fields.items()}
        required = [*constants, *(name for name in fields if not name.endswith("?"))]
        schema = {"type": "object", "description": row["meaning"], "properties": properties}
        if required:
            schema["required"] = required
        if row.get("open"):
            schema["x-open"] = True  # fields of somebody else, too
        return schema

    def command(self, row):
        schema = self.object(row, type=row["type"])
        schema["properties"] = {"type": schema["properties"].pop("type"), "id": self.of({"type": "id"}),
                                **schema["properties"]}
        return schema

    def used_types(self):
        """name -> schema of every type that was referred to, also by these."""
        made = {}
        while missing := sorted(self.used - made.keys()):
            made |= {name: self.named(self.contract.type_of[name]) for name in missing}
        return dict(sorted(made.items()))

    def named(self, row):
        if "either" not in row:
            return self.object(row)
        return {"description": row["meaning"], "anyOf": [self.of_type(name) for name in row["either"]]}
