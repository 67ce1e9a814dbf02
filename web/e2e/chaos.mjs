// Clients of a chaos run (tests/chaos): each follows one container's log from its first line on, and what it hears is
// said on stdout, for tests/chaos/web_clients.py. Ends with its stdin.
//
//   node chaos.mjs URL       stdin: "NUMBER CONTAINER FILLER", a client each; FILLER ends each of its lines
//
//   NUMBER l o RUN FROM TO   lines "o RUN FROM FILLER" to "o RUN TO FILLER", one after the other; or e
//   NUMBER g REASON · NUMBER c (it is connected) · NUMBER p (nobody reaches its Engine now) · NUMBER f FAULT
//   NUMBER t SILENCE DELAY   the longest time between two items, and from a line's stamp on, in ms, since the last
import { createInterface } from "node:readline";
import { Dockcast } from "../page/dockcast.js";
import WebSocket from "ws";

const url = process.argv[2];
const joined = Date.now();
const said = [];
const clients = [];

function follow(number, container, filler) {
  const say = (...words) => said.push([number, ...words].join(" "));
  const client = new Dockcast({ url, WebSocket, retain: 0 });
  const times = { heard: performance.now(), silence: 0, delay: 0 };
  clients.push({ say, times });
  client.onState((state) => {
    if (state.kind === "open") say("c");
    if (state.kind === "closed") say("f", "closed:", state.why.message);
  });
  const sub = client.logs(container);
  sub.onState((state) => {
    if (state.kind === "ended") say("f", "ended:", JSON.stringify(state.why));
    if (state.why?.kind === "error") say(state.why.message.includes("Docker Engine") ? "p" : "f", state.why.message);
  });
  sub.onItems((items) => {
    const now = performance.now();
    times.silence = Math.max(times.silence, now - times.heard);
    times.heard = now;
    let range = null;
    const end = () => range && say("l", range.stream, range.run, range.from, range.to);
    for (const item of items) {
      if (item.kind === "gap") {
        end();
        range = null;
        say("g", item.reason);
      }
      if (item.kind !== "line") continue;
      const [stream, run, text, rest] = item.text.split(" ");
      const index = Number(text);
      const whole = stream === item.stream.slice(3, 4) && Number.isInteger(index) && rest === filler;
      if (!whole) say("f", "a damaged line:", item.text.slice(0, 60));
      else if (range?.stream === stream && range.run === run && range.to + 1 === index) range.to = index;
      else {
        end();
        range = { stream, run, from: index, to: index };
      }
      const written = Date.parse(`${item.time.slice(0, 23)}Z`);
      if (written > joined) times.delay = Math.max(times.delay, Date.now() - written);
    }
    end();
  });
}

setInterval(() => {
  for (const { say, times } of clients) {
    if (times.silence > 0) say("t", Math.round(times.silence), Math.round(times.delay));
    times.silence = times.delay = 0;
  }
  if (said.length > 0) process.stdout.write(`${said.splice(0).join("\n")}\n`);
}, 200);
createInterface({ input: process.stdin })
  .on("line", (line) => follow(...line.split(" ")))
  .on("close", () => process.exit(0));
