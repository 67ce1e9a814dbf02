"""The HTTP routes as an OpenAPI 3.1 document."""
from .contract import method_of, name_of, offered, parameters
from .schemas import OPENAPI, Schemas

ABOUT = """Docker hosts as a live API. This is its HTTP half; the WebSocket half is described in asyncapi.json.

What GET reads, HEAD reads too. Errors are RFC 9457 problem documents. Routes that this version does not offer are not \
here."""
PATH_PARAMETERS = {
    "id": "A container: its full id, the beginning of one, or its name.",
    "session": "A session's name, as connected says it.",
    "subject": "Whose sessions.",
    "channel": "A channel's name; / and : in it may be percent-encoded.",
}


def document(contract, version):
    schemas = Schemas(contract, OPENAPI)
    paths = {}
    for route in offered(contract.routes):
        paths.setdefault(route["path"], {})[method_of(route).lower()] = operation(contract, schemas, route)
    problem = {"description": "What went wrong.",
               "content": {"application/problem+json": {"schema": schemas.of_type("Problem")}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "dockcast", "version": version, "description": ABOUT,
                 "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/", "description": "The instance that gave this document away."}],
        "security": [{"bearer": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas.used_types(),
            "responses": {"Problem": problem},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer",
                                           "description": "Where access is none, nothing is asked for."}},
        },
    }


def operation(contract, schemas, route):
    described = {"operationId": route["id"], "summary": route["meaning"]}
    if route.get("open"):
        described["security"] = []
    given = [{"name": name, "in": "path", "required": True, "description": PATH_PARAMETERS[name],
              "schema": {"type": "string", "minLength": 1}} for name in parameters(route["path"])]
    for place, part in (("query", "query"), ("header", "headers")):
        given += [parameter(schemas, place, name, spec) for name, spec in route.get(part, {}).items()]
    if given:
        described["parameters"] = given
    if "body" in route:
        content = {"application/json": {"schema": schemas.of_type(route["body"])}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = responses(contract, schemas, route)
    return described


def parameter(schemas, place, name, spec):
    made = {"name": name_of(name), "in": place, "required": not name.endswith("?")}
    if "meaning" in spec:
        made["description"] = spec["meaning"]
    made["schema"] = schemas.of({key: value for key, value in spec.items() if key != "meaning"})
    return made


def responses(contract, schemas, route):
    made = {}
    for status, kinds in route["answers"].items():
        content = {kind: {"schema": schemas.of_type(name)} for kind, name in kinds.items()}
        made[status] = {"description": route["meaning"] if status < "300" else "It does not.", "content": content}
    if route.get("file"):
        made["304"] = {"description": "The client has it: If-None-Match names its ETag."}
    for status, codes in refusals(contract, route).items():
        meaning = " ".join(f"{code}: {contract.error_of[code]['meaning']}" for code in codes)
        if status in made:  # the same status with a body of the route's own: either
            made[status]["content"] |= {"application/problem+json": {"schema": schemas.of_type("Problem")}}
        else:
            made[status] = {"description": meaning,
                            "content": {"application/problem+json": {"schema": schemas.of_type("Problem")}}}
    made["default"] = {"$ref": "#/components/responses/Problem"}
    return made


def refusals(contract, route):
    """status -> codes that the route may answer with; what the parser refuses is left to `default`."""
    codes = ["bad_request", *([] if route.get("open") else ["unauthorized"]), *route.get("problems", [])]
    made = {}
    for code in dict.fromkeys(codes):
        made.setdefault(str(contract.error_of[code]["http"]), []).append(code)
    if route.get("file"):
        made["406"] = ["unsupported"]
    return dict(sorted(made.items()))
