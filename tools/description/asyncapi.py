"""The WebSocket endpoints, commands and messages as an AsyncAPI 3.0 document."""
from .contract import offered, parameters, words
from .openapi import PATH_PARAMETERS
from .schemas import ASYNCAPI, Schemas, command_name, message_name

ABOUT = """Docker hosts as a live API. This is its WebSocket half; the HTTP half is described in openapi.json.

Commands and messages are JSON objects, one in each text message. Clients ignore types and fields that they do not \
know. With the subprotocol dockcast.v1 the lines of a log come in batches (logs), without it one by one (log). Close \
codes tell the client what to do: 40xx show it, 41xx back off and resume, 42xx resume after the delay in the reason, \
43xx get new credentials first."""


def document(contract, version):
    schemas = Schemas(contract, ASYNCAPI)
    commands, messages = offered(contract.commands), offered(contract.messages)
    payloads = {command_name(row): schemas.command(row) for row in commands}
    payloads |= {message_name(row): schemas.object(row, type=row["type"]) for row in messages}
    kinds = {command_name(row): row for row in commands} | {message_name(row): row for row in messages}
    endpoints = offered(contract.endpoints)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "dockcast", "version": version, "description": ABOUT,
                 "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}},
        "defaultContentType": "application/json",
        "servers": {"plain": server("ws", "An instance, or the balancer before several."),
                    "secure": server("wss", "The same, where it has a certificate.")},
        "channels": {row["id"]: channel(contract, schemas, row) for row in endpoints},
        "operations": {name: made for row in endpoints for name, made in operations(contract, row).items()},
        "components": {
            "messages": {name: {"name": row["type"], "title": row["type"], "summary": row["meaning"],
                                "payload": schemas.refer(name), **examples(row)} for name, row in kinds.items()},
            "schemas": payloads | schemas.used_types(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "x-channels": [{"name": row["name"], "description": row["meaning"], "messages": row["messages"]}
                       for row in offered(contract.channels)],
        "x-close-codes": [{"code": row["code"], "meaning": row["meaning"], "do": row["do"]}
                          for row in offered(contract.close_codes)],
        "x-error-codes": words({row["code"]: {"meaning": row["meaning"], "status": row["status"]}
                                for row in contract.errors}),
    }


def server(protocol, about):
    return {"host": "localhost:8000", "protocol": protocol, "description": about,
            "security": [{"$ref": "#/components/securitySchemes/bearer"}]}


def examples(row):
    return {"examples": [{"payload": row["example"]}]} if "example" in row else {}


def channel(contract, schemas, endpoint):
    """AsyncAPI's channel is an endpoint of ours: whoever connects there hears some of the messages."""
    names = [command_name(row) for row in offered(contract.commands)]
    names += [message_name({"type": kind}) for kind in contract.messages_of(endpoint)]
    made = {"address": endpoint["path"], "title": endpoint["path"], "description": endpoint["meaning"],
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names}}
    given = parameters(endpoint["path"])
    if given:
        made["parameters"] = {name: {"description": PATH_PARAMETERS[name]} for name in given}
    options = sorted({option for row in offered(contract.channels) for option in row["options"]
                      if endpoint.get("channel", row["name"]) == row["name"] and endpoint["id"] != "many"})
    fields = {name.removesuffix("?"): spec for name, spec in contract.command_of["subscribe"]["fields"].items()}
    made["bindings"] = {"ws": {"method": "GET", "query": {
        "type": "object", "properties": {name: schemas.of(fields[name]) for name in options}}}}
    return made


def operations(contract, endpoint):
    """The server receives each command, and sends what the channel has."""
    here = f"#/channels/{endpoint['id']}"

    def refer(names):
        return [{"$ref": f"{here}/messages/{name}"} for name in names]

    made = {}
    for row in offered(contract.commands):
        received = {"action": "receive", "summary": row["meaning"], "channel": {"$ref": here},
                    "messages": refer([command_name(row)])}
        if "reply" in row:
            replies = [message_name({"type": row["reply"]}), message_name({"type": "error"})]
            received["reply"] = {"channel": {"$ref": here}, "messages": refer(replies)}
        made[f"{endpoint['id']}.{row['type']}"] = received
    made[f"{endpoint['id']}.tell"] = {
        "action": "send", "summary": "What a client hears.", "channel": {"$ref": here},
        "messages": refer(message_name({"type": kind}) for kind in contract.messages_of(endpoint))}
    return made
