// Follows one container's log with the client and holds every item against what the container prints: "o 0", "o 1", …
// on stdout, "e 0", … on stderr. Says every 100 ms what it has, as one JSON object a line, and ends with its stdin.
//
//   node exact.mjs URL CONTAINER      exits with 1 at the first line that is not the next
import { Dockcast } from "../page/dockcast.js";
import WebSocket from "ws";

const [url, container] = process.argv.slice(2);
const next = { stdout: 0, stderr: 0 };
const seen = { gaps: 0, states: [], connections: 0, instances: [] };
const say = () => console.log(JSON.stringify({ ...next, ...seen }));

const client = new Dockcast({ url, WebSocket, usefulMs: 200 }); // the log would end before many a wait
client.onState((state) => {
  seen.states.push(state.kind);
  if (state.kind !== "open") return;
  seen.connections += 1;
  seen.instances.push(state.instance);
});
client.logs(container).onItems((items) => {
  for (const item of items) {
    if (item.kind === "gap") seen.gaps += 1;
    if (item.kind !== "line") continue;
    const wanted = `${item.stream === "stdout" ? "o" : "e"} ${next[item.stream]}`;
    if (item.text !== wanted) {
      console.log(JSON.stringify({ wrong: `${item.text} came, ${wanted} was to come`, ...seen }));
      process.exit(1);
    }
    next[item.stream] += 1;
  }
});
setInterval(say, 100);
process.stdin.on("end", () => process.exit(0)).resume();
