"""The contract for people: docs/reference.md, docs/errors.md and a page for each error code; and for the client in
TypeScript, web/sdk/src/wire.ts."""
import json
import textwrap

from . import typescript
from .contract import method_of, name_of, offered, words

MADE = "<!-- Made of protocol/*.json by `tools/describe pages`; change it there. -->\n\n"
KEPT = " †"


def made(files):
    """path -> text of every page. `files`: path -> text, of at least protocol/."""
    from .contract import Contract
    contract = Contract(files)
    pages = {"docs/reference.md": reference(contract), "docs/errors.md": error_list(contract),
             "web/sdk/src/wire.ts": typescript.wire(contract)}
    return pages | {f"docs/errors/{row['code']}.md": error_page(contract, row) for row in contract.errors}


def paragraph(text):
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False) + "\n\n"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    cell = lambda text: str(text).replace("|", "\\|").replace("\n", " ")  # noqa: E731
    return "".join("|" + "|".join(f" {cell(each)} " if each else " " for each in line) + "|\n" for line in lines) + "\n"


def code(word):
    return f"`{word}`"


def mark(row):
    return KEPT if row.get("kept") else ""


def kind(spec):
    """A field's type in a few words."""
    if "list" in spec:
        return "list of " + kind(spec["list"])
    if "tuple" in spec:
        return "[" + ", ".join(kind(each) for each in spec["tuple"]) + "]"
    if "words" in spec:
        return " ".join(code(word) for word in words(spec["words"]))
    if "constant" in spec:
        return code(spec["constant"])
    if "any" in spec:
        return " or ".join(spec["any"])
    if "message" in spec:
        return " or ".join(code(each) for each in spec["message"])
    return spec["type"]


def field_rows(fields):
    for name, spec in fields.items():
        explained = [f"{code(word)} {meaning}" for word, meaning in words(spec.get("words", {})).items() if meaning]
        meaning = " ".join([spec.get("meaning", ""), "; ".join(explained)]).strip()
        yield code(name_of(name)) + (" ?" if name.endswith("?") else ""), kind(spec), meaning


def fields_table(contract, row):
    rows = list(field_rows(contract.fields_of(row)))
    return table(("field", "type", ""), rows) if rows else ""


def reserved(contract):
    """Names that the protocol keeps for later, by table."""
    tables = (("Endpoints", contract.endpoints, "path"), ("Channels", contract.channels, "name"),
              ("Commands", contract.commands, "type"), ("Messages", contract.messages, "type"),
              ("Error codes", contract.errors, "code"), ("Close codes", contract.close_codes, "code"))
    rows = []
    for title, part, key in tables:
        names = [code(row[key]) for row in part if row["status"] != "offered"]
        rows += [(title, " ".join(names))] if names else []
    later = [row for row in contract.routes if row["status"] != "offered"]
    routes = [code(f"{method_of(row)} {row['path']}") for row in later]
    return table(("", "not in this version"), rows + [("Routes", " ".join(routes))])


def reference(contract):
    text = MADE + "# Reference\n\n" + paragraph(
        "Every name of the contract, in tables. [The protocol](protocol.md) says how they belong together; programs "
        "read [protocol/](../protocol/README.md), `/api/openapi.json` and `/api/asyncapi.json`. A field with ? may be "
        "missing; † marks names that are kept as existing control platforms have them.")
    text += "## Channels\n\n" + table(("channel", "", "options", "messages"), [
        (code(row["name"]) + mark(row), row["meaning"], " ".join(map(code, row["options"])),
         " ".join(map(code, row["messages"]))) for row in offered(contract.channels)])
    text += "## Endpoints\n\n" + table(("path", ""), [
        (code(row["path"]) + mark(row), row["meaning"]) for row in offered(contract.endpoints)])
    text += "## Commands\n\nEach may carry an `id`, which comes back in its reply.\n\n"
    for row in offered(contract.commands):
        reply = f" Reply: `{row['reply']}`." if "reply" in row else " No reply."
        text += f"### Command {row['type']}{mark(row)}\n\n" + paragraph(row["meaning"] + reply)
        text += fields_table(contract, row)
        if "example" in row:
            text += f"```json\n{json.dumps(row['example'], ensure_ascii=False)}\n```\n\n"
    text += "## Messages\n\n"
    for row in offered(contract.messages):
        text += f"### Message {row['type']}{mark(row)}\n\n" + paragraph(row["meaning"]) + fields_table(contract, row)
    return text + routes_text(contract) + numbers_text(contract)


def routes_text(contract):
    rows, text = [], "## Routes\n\n"
    for row in offered(contract.routes):
        given = [f"`{name_of(name)}` {spec.get('meaning', '')}".strip()
                 for part in ("query", "headers") for name, spec in row.get(part, {}).items()]
        answers = [f"{status} {kind_} {contract_type(name)}".strip() for status, kinds in row["answers"].items()
                   for kind_, name in kinds.items()]
        answers += [f"[{each}](errors/{each}.md)" for each in row.get("problems", [])]
        rows.append((code(f"{method_of(row)} {row['path']}") + mark(row), row["meaning"], " · ".join(given),
                     ", ".join(answers)))
    text += table(("route", "", "parameters", "answers"), rows) + "## Types\n\n"
    for row in contract.types:
        text += "" if "schema" in row else f"### {row['name']}\n\n" + paragraph(row["meaning"])
        text += f"One of {', '.join(row['either'])}.\n\n" if "either" in row else ""
        text += fields_table(contract, row) if "schema" not in row else ""
    simple = [(code(row["name"]), row["meaning"]) for row in contract.types if "schema" in row]
    return text + table(("type", ""), simple)


def contract_type(name):
    return code(name) if name[0].isupper() else ""


def numbers_text(contract):
    text = "## Close codes\n\n" + table(("code", "", "then"), [
        (row["code"], row["meaning"], row["do"]) for row in offered(contract.close_codes)])
    text += "## Limits\n\nThose that clients meet first; [all of them](limits.md).\n\n"
    text += table(("limit", "unless set", "setting", "", "beyond it"), [
        (row["name"].replace("_", " "), f"{row['value']} {row.get('unit', '')}".strip(),
         code(row["setting"]) if "setting" in row else "", row["meaning"], row.get("beyond", ""))
        for row in contract.limits])
    text += "## Metrics\n\n" + table(("metric", "type", "labels", ""), [
        (code(row["name"]) + mark(row), row["type"], " ".join(map(code, row["labels"])),
         row["meaning"] + (f" Only {row['where']}." if "where" in row else "")) for row in contract.metrics])
    return (text + "## Reserved\n\n" + reserved(contract)).rstrip("\n") + "\n"


def error_list(contract):
    text = MADE + "# Error codes\n\n" + paragraph(
        "The same in messages and in HTTP. HTTP may use a closer status with the same code: 405, 408, 421, 426 with "
        "bad_request, 414 and 431 with too_large, 406 and 417 with unsupported, 503 with too_many. Close is the code "
        "of a connection that is about nothing else.")
    rows = [(f"[`{row['code']}`](errors/{row['code']}.md)", row["http"], row["close"], "yes" if row["retry"] else "–",
             row["meaning"] + ("" if row["status"] == "offered" else " Not said by this version."))
            for row in contract.errors]
    return (text + table(("code", "HTTP", "close", "retry", ""), rows)).rstrip("\n") + "\n"


def error_page(contract, row):
    closes = {each["code"]: each for each in contract.close_codes}
    text = MADE + f"# {row['code']}\n\n" + paragraph(row["meaning"]) + paragraph("**What to do.** " + row["do"])
    if row["status"] != "offered":
        text += "Not said by this version.\n\n"
    text += table(("", ""), [
        ("HTTP status", row["http"]), ("close code", f"{row['close']}: {closes[row['close']]['meaning']}"),
        ("may the same succeed later?", "yes" if row["retry"] else "no")])
    routes = [code(f"{method_of(each)} {each['path']}") for each in offered(contract.routes)
              if row["code"] in each.get("problems", [])]
    text += "Said by " + ", ".join(routes) + ".\n\n" if routes else ""
    message = {"type": "error", "id": 2, "code": row["code"], "message": "…", "retry": row["retry"],
               "ref": "c7f1a0936bd2e485"}
    problem = {"status": row["http"], "title": "…", "detail": "…", "code": row["code"], "ref": "c7f1a0936bd2e485"}
    text += "As a message, and as a problem document:\n\n```json\n"
    text += "\n".join(json.dumps(each, ensure_ascii=False) for each in (message, problem)) + "\n```\n\n"
    return text + "dockcast's own log has a line with the same `ref`. [All codes](../errors.md).\n"
