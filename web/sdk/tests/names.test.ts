// What the build shortens is named by nobody else: not by applications, the wire, another version's tabs, the platform.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = (folder: string, ending: string) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => readFileSync(`${root}${folder}/${path}`, "utf8"));
const entries = ["index", "tabs", "testing"].map((name) => readFileSync(`${root}dist/${name}.d.ts`, "utf8"));
const internal = JSON.parse(readFileSync(`${root}tools/internal-names.json`, "utf8")) as string[];

const BLOCK = /^(?:export |declare )+(?:class|interface|type) (\w+).*?(?=^(?:export|declare)|(?![^]))/gms;
const MEMBER = /(?:^|[{;]) *(?:private |readonly |get |set )*(\w+)\??[:(<;]/gm;
const DOM = /^interface (WebSocket|(Message|Close)?Event|BroadcastChannel|Lock\w*|Abort\w+|URL|Crypto|Location)\b/;

/** Without what is said in comments and texts. */
const bare = (text: string) => text.replace(/\/\*.*?\*\//gs, "").replace(/"[^"\n]*"/g, "");
const members = (texts: string[]) =>
  new Set(texts.flatMap((text) => [...bare(text).matchAll(MEMBER)].map((found) => found[1]!)));

/** What the published types and classes say, by their names; two files may have one of the same name. */
const declared = new Map<string, string>();
const extended: string[] = entries.join("").match(/(?<=^export \{ )\w+/gm)!; // what applications may derive from
for (const text of files("dist", ".d.ts"))
  for (const [block, name] of text.matchAll(BLOCK)) {
    const open = extended.includes(name!) ? block : block.replace(/^ *private .*$/gm, "");
    declared.set(name!, (declared.get(name!) ?? "") + open);
  }

/** What the exports say, and all types that these name in turn. */
function api(): Set<string> {
  const words = new Set<string>();
  const texts = [...entries];
  for (const text of texts)
    for (const word of bare(text).match(/\w+/g) ?? []) {
      if (!words.has(word)) texts.push(declared.get(word) ?? "");
      words.add(word);
    }
  return members(texts);
}

/** What ECMAScript has, and of the DOM the interfaces that the sources use. */
function platform(): Set<string> {
  const compiler = createRequire(createRequire(import.meta.url).resolve("typescript/package.json"));
  const lib = dirname(compiler.resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`));
  const read = (name: string) => readFileSync(`${lib}/lib/${name}`, "utf8");
  const language = readdirSync(`${lib}/lib`).filter((name) => /^lib\.es(5|20(1\d|2[0-3]))\b(?!.*intl)/.test(name));
  const dom = read("lib.dom.d.ts").split(/^(?=interface |declare )/m);
  return members([...language.map(read), ...dom.filter((block) => DOM.test(block))]);
}

function expectNone(names: Set<string>, ...certain: string[]): void {
  for (const name of certain) expect(names).toContain(name);
  expect(internal.filter((name) => names.has(name))).toEqual([]);
}

test("no name that is shortened is of the public API, nor private in a class that applications may derive from", () => {
  expectNone(api(), "publish", "backoffBaseMs", "attempt", "messageId", "settled", "latencyMs", "feeds", "clock");
});

test("nor of the wire", () => {
  expectNone(members([...files("src", "wire.ts")]), "message_bytes", "requested", "prev");
});

test("nor of what tabs say to one another: some may have been loaded from an older build", () => {
  expectNone(members([declared.get("Post")!, declared.get("Envelope")!]), "rings", "unfollow", "closed", "prev");
});

test("nor of the platform", () => {
  expectNone(platform(), "findIndex", "postMessage", "pathname", "signal", "getRandomValues", "return");
});

test("each is there to be shortened, and nowhere said as a text, which is not", () => {
  const sources = files("src", ".ts");
  const used = new Set(sources.flatMap((text) => text.match(/\w+/g) ?? []));
  const said = sources.flatMap((text) => [...text.matchAll(/(?:"(\w+)" in |\["(\w+)"\])/g)].map(([, a, b]) => a ?? b!));
  expect(said).toContain("session");
  expect(internal.filter((name) => said.includes(name))).toEqual([]);
  expect(internal.filter((name) => !used.has(name))).toEqual([]);
  expect(internal).toEqual([...new Set(internal)].sort());
});
