// Judges API documents, and values by their schemas; everything that is wrong is a line, and the exit code 1.
//
//   node validate.cjs OPENAPI.json ASYNCAPI.json < values
//
// A line of `values` is {"what","document":"openapi"|"asyncapi","at":[keys to the schema],"value"}. The documents let
// fields come that they do not name, for clients ignore those; here such a field is wrong, for the document lacks it.
"use strict";
const fs = require("fs");

async function openapi(text) {
  const {createConfig, lintFromString} = require("@redocly/openapi-core");
  const config = await createConfig({extends: ["recommended"]});
  const found = await lintFromString({source: text, absoluteRef: "openapi.json", config});
  return found.map(each => `openapi.json ${each.location?.[0]?.pointer}: ${each.message}`);
}

async function asyncapi(text) {
  const {Parser} = require("@asyncapi/parser");
  const {diagnostics} = await new Parser().parse(text);
  const bad = diagnostics.filter(each => each.severity <= 1);  // errors and warnings
  return bad.map(each => `asyncapi.json /${each.path.join("/")}: ${each.message}`);
}

// The document, closed to fields it does not name, and with references that mean the same anywhere.
function closed(document, name) {
  return JSON.parse(JSON.stringify(document), (key, value) => {
    if (key === "$ref") return name + value;
    const open = value === null || typeof value !== "object" || !value.properties || value["x-open"];
    return open || "additionalProperties" in value ? value : {...value, additionalProperties: false};
  });
}

class Judge {
  constructor(Ajv, name, document) {
    this.name = name;
    this.document = closed(document, name);
    this.ajv = new Ajv({strict: false, allErrors: true});
    require("ajv-formats")(this.ajv);
    this.ajv.addSchema(this.document, name);
    this.known = new Map();
  }
  at(keys) {
    let here = this.document;
    for (const key of keys) {
      here = here?.[key];
      while (here?.$ref) here = this.at(here.$ref.slice(this.name.length + 2).split("/"));
    }
    if (here === undefined) throw new Error(`nothing is at ${keys.join("/")}`);
    return here;
  }
  faults({what, at, value}) {
    const place = at.join("/");
    try {
      if (!this.known.has(place)) this.known.set(place, this.ajv.compile(this.at(at)));
    } catch (error) {
      return [`${what}: ${this.name}: ${error.message}`];
    }
    const judge = this.known.get(place);
    if (judge(value)) return [];
    const text = JSON.stringify(value).slice(0, 300);
    return judge.errors.map(each =>
      `${what}: ${each.instancePath} ${each.message} ${JSON.stringify(each.params)} in ${text}`);
  }
}

async function main(openapi_file, asyncapi_file) {
  const texts = [openapi_file, asyncapi_file].map(file => fs.readFileSync(file, "utf8"));
  const faults = [...await openapi(texts[0]), ...await asyncapi(texts[1])];
  const judges = {
    openapi: new Judge(require("ajv/dist/2020"), "openapi", JSON.parse(texts[0])),
    asyncapi: new Judge(require("ajv"), "asyncapi", JSON.parse(texts[1])),
  };
  const values = fs.readFileSync(0, "utf8").split("\n").filter(Boolean).map(JSON.parse);
  for (const each of values) faults.push(...judges[each.document].faults(each));
  for (const fault of faults) console.log(fault);
  console.log(`${values.length} values judged, ${faults.length} faults`);
  process.exit(faults.length > 0 ? 1 : 0);
}

main(...process.argv.slice(2)).catch(error => {
  console.log(error.stack);
  process.exit(2);
});
