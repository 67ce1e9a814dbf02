// The page at /: the containers on the left, the log of the chosen one on the right, over the client (web/sdk), which
// this dockcast gives away as dockcast.js. Text of containers is only ever text here, never markup.
import { Dockcast } from "./dockcast.js";

const $ = (id) => document.getElementById(id);
const nav = document.querySelector("nav");
const log = $("log");
const rowsMax = 5000;
let chosen = null;
let sub = null;
let following = true;
let unseen = 0;

// --- the connection --------------------------------------------------------------------------------------------------

// The token comes behind the # of the printed address, which no proxy sees; it is taken out of the address at once.
const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.has("token")) sessionStorage.token = fragment.get("token");
if (location.hash) history.replaceState(null, "", location.pathname);

/** Asked for when the client connects: what is known, unless that was just refused. */
function token(why) {
  if (why === "first") return sessionStorage.token ?? "";
  const refused = `That token is not accepted${why === "expired" ? " any more" : ""}.`;
  $("refused").textContent = sessionStorage.token ? refused : "";
  $("login").hidden = false;
  $("empty").hidden = log.hidden = true;
  $("token").focus();
  return new Promise((given) => {
    $("login").onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.token = $("token").value;
      $("token").value = "";
      $("login").hidden = true;
      $("empty").hidden = chosen !== null;
      log.hidden = chosen === null;
      given(sessionStorage.token);
    };
  });
}

const client = new Dockcast({ token });
const containers = client.containers();
containers.onItems(() => containers.snapshot && showList(containers.snapshot.containers));
containers.onState(showState);
client.onState(showState);

function showState() {
  const [text, kind] = stateOf(client.state, (sub ?? containers).state);
  $("state").textContent = text;
  $("state").className = kind;
  $("state").title = (client.state.why ?? sub?.state.why)?.message ?? "";
}

function stateOf(connection, followed) {
  switch (connection.kind) {
    case "closed":
      return [connection.why.message, "bad"];
    case "unauthorized":
      return ["a token is needed", "bad"];
    case "waiting":
      return ["reconnecting…", "bad"];
    case "connecting":
      return ["connecting…", ""];
  }
  switch (followed.kind) {
    case "sourceDown":
      return ["the Engine is away", ""];
    case "degraded":
      return ["without Redis", ""];
    case "resuming":
      return ["resuming…", ""];
    case "ended":
      return [followed.why.message ?? followed.why, followed.why.message ? "bad" : ""];
  }
  return [followed.kind === "pending" ? "connected" : followed.kind, "live"];
}

// --- the containers --------------------------------------------------------------------------------------------------

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const mark = (at, what, on) => at.setAttribute(`aria-${what}`, String(on));

/** Not `status`, whose words ("Up 2 minutes") are those of the moment when it was told. */
function standing({ state, health, exitCode }) {
  const more = state === "running" ? health : exitCode;
  return more === undefined || more === "" ? state : `${state} (${more})`;
}

function showList(listed) {
  const groups = new Map();
  const order = (each) => (each.state === "running" ? "0" : "1") + each.name;
  for (const each of [...listed].sort((a, b) => (order(a) < order(b) ? -1 : 1))) {
    const group = each.project ?? "";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(each);
  }
  const focused = document.activeElement?.dataset.id;
  nav.replaceChildren();
  for (const [group, members] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (groups.size > 1) nav.append(element("h2", group || "Containers"));
    for (const each of members) {
      const entry = element("button");
      entry.dataset.id = each.id;
      entry.append(element("strong", each.name), element("small", `${standing(each)} · ${each.image}`, each.state));
      mark(entry, "current", chosen?.id === each.id);
      entry.onclick = () => choose(each);
      nav.append(entry);
      if (focused === each.id) entry.focus();
    }
  }
  if (listed.length === 0) nav.append(element("p", "No containers here yet."));
}

function choose(container) {
  chosen = container;
  for (const each of nav.querySelectorAll("button")) mark(each, "current", each.dataset.id === container.id);
  $("title").textContent = document.title = container.name;
  $("empty").hidden = true;
  log.hidden = false;
  log.replaceChildren();
  waiting = [];
  undrawn = 0;
  openRows.stdout = openRows.stderr = null;
  setFollowing(true);
  sub?.close();
  sub = client.logs(container.id, { tail: 500 });
  sub.onItems((items) => items.forEach(show));
  sub.onState(showState);
  showState();
}

// --- the log ---------------------------------------------------------------------------------------------------------

const notes = {
  stopped: "The container stopped.",
  restarted: "The container runs again.",
  removed: "The container was removed.",
  source_down: "The Docker Engine does not answer.",
  degraded: "Redis does not answer; reading on without it.",
  recovered: "Back to normal.",
};

function show(item) {
  if (item.kind === "line") addLine(item);
  if (item.kind === "status") note(notes[item.state]);
  if (item.kind === "gap") note(`Lines are missing here (${item.reason})${item.lines ? `: ${item.lines}` : ""}`, "gap");
}

// Rows wait for the next frame, so that a burst is drawn once. Of too many the oldest go, and a row says so.
let waiting = [];
let undrawn = 0;
const openRows = { stdout: null, stderr: null }; // a line that came in pieces goes on in its row
const escapes = /\x1b(?:\[[0-?]*[ -\/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])|\x9b[0-?]*[ -\/]*[@-~]/g;
const clean = (text) => text.replace(escapes, "").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");

function addLine({ time, stream, text, partial }) {
  if (openRows[stream]) {
    openRows[stream].append(clean(text));
  } else {
    const err = stream === "stderr";
    const row = element("div", undefined, err ? "err" : "");
    const at = element("time", time.slice(11, 23));
    at.dateTime = at.title = time;
    const line = element("span", clean(text));
    row.append(at, element("b", err ? "err" : "out"), line);
    addRow(row);
    openRows[stream] = line;
  }
  if (!partial) openRows[stream] = null;
}

function note(text, kind) {
  if (text) addRow(element("div", text, `note ${kind ?? ""}`));
}

function addRow(row) {
  if (waiting.push(row) === 1) (document.hidden ? setTimeout : requestAnimationFrame)(draw);
  if (waiting.length > rowsMax) undrawn += waiting.splice(0, 1000).length;
}

function draw() {
  const count = waiting.length;
  if (undrawn) log.append(element("div", `${undrawn} lines came too fast to be shown here.`, "note gap"));
  log.append(...waiting);
  waiting = [];
  undrawn = 0;
  if (following) {
    while (log.childElementCount > rowsMax) log.firstElementChild.remove();
    log.scrollTop = log.scrollHeight;
  } else {
    while (log.childElementCount > 2 * rowsMax) log.firstElementChild.remove();
    unseen += count;
    $("more").textContent = `${unseen} new ${unseen === 1 ? "line" : "lines"} ↓`;
    $("more").hidden = false;
  }
}

function setFollowing(on) {
  following = on;
  mark($("follow"), "pressed", on);
  if (!on) return;
  unseen = 0;
  $("more").hidden = true;
  log.scrollTop = log.scrollHeight;
}

// --- what people do --------------------------------------------------------------------------------------------------

let seenTop = 0;
log.onscroll = () => {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 4;
  if (atEnd && !following) setFollowing(true);
  if (log.scrollTop < seenTop && !atEnd && following) setFollowing(false);
  seenTop = log.scrollTop;
};
$("more").onclick = () => setFollowing(true);
$("follow").onclick = () => setFollowing(!following);
$("times").onclick = () => mark($("times"), "pressed", !log.classList.toggle("timeless"));
document.onkeydown = (event) => {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "f") $("follow").click();
  if (event.key === "t") $("times").click();
};
showState();
