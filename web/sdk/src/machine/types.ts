// What the machine is made of: its settings, its state, what happens to it, and what it wants done.
import type { Candidate, ErrorCode, GapMessage, Message, MessageMessage, SubscribeCommand } from "../wire.js";

/** Numbers that bound what the client does. All are options of `Dockcast`. */
export interface Settings {
  /** Back-off is drawn from 0 to base * 2^failures, and to no more than `backoffMaxMs`. 500. */
  backoffBaseMs: number;
  /** 30,000. */
  backoffMaxMs: number;
  /** So long a connection must have been open before its end counts as a first failure again. 5,000. */
  usefulMs: number;
  /** So long after nothing is wanted any more the connection is closed. 5,000. */
  idleMs: number;
  /** For a connection to be open and to have answered `connect`. 15,000. */
  openMs: number;
  /** So much longer than the server's own interval may be silence, before it is asked. 10,000. */
  silenceMs: number;
  /** For the answer to that. 10,000. */
  pongMs: number;
  /** The same when a page becomes visible or a network comes back. 3,000. */
  probeMs: number;
  /** Then, who waits comes at a moment drawn from this. 1,000. */
  hurryMs: number;
  /** Until a publication, or another request, is given up. 60,000. */
  requestMs: number;
  /** Requests that wait for a connection. 100. */
  pendingMax: number;
  /** Records of one channel that an old connection may bring while the new one begins. 1,000. */
  overlapMax: number;
}

export const defaults: Settings = {
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
  usefulMs: 5_000,
  idleMs: 5_000,
  openMs: 15_000,
  silenceMs: 10_000,
  pongMs: 10_000,
  probeMs: 3_000,
  hurryMs: 1_000,
  requestMs: 60_000,
  pendingMax: 100,
  overlapMax: 1_000,
};

/** Why something is as it is: in a word, and in a sentence for people. */
export interface Why {
  kind: "network" | "code" | "drain" | "offline" | "silent" | "credentials" | "error" | "user";
  message: string;
  /** The close code, where one came. */
  code?: number;
}

/** The `why` of a machine to which nothing bad has happened. */
export const START: Why = { kind: "user", message: "Something is wanted." };

export const OFFLINE: Why = { kind: "offline", message: "There is no network." };
export const LEAVES: Why = { kind: "drain", message: "The instance leaves." };
export const BROKEN: Why = { kind: "network", message: "The connection broke off." };

/** What the connection does, and what happens next. */
export type ClientState =
  | { kind: "idle" }
  | { kind: "connecting"; attempt: number }
  | { kind: "open"; session: string; instance: string }
  /** The next attempt is made `at` (milliseconds since 1970). */
  | { kind: "waiting"; attempt: number; at: number; why: Why }
  /** Open, and about to be open elsewhere. */
  | { kind: "moving"; session: string; instance: string; why: Why }
  /** The credentials were not accepted; new ones are asked for, at the latest `at`. */
  | { kind: "unauthorized"; attempt: number; at?: number; why: Why }
  | { kind: "closed"; why: Why };

/** Why something was refused, as data: what `DockcastError` is made of. */
export interface Refusal {
  /** As in docs/errors.md; `closed` where the client itself was closed. */
  code: ErrorCode | "closed";
  message: string;
  retry: boolean;
  /** The server's log has a line with it. */
  ref?: string;
  /** With `ambiguous`: what the name may mean. */
  candidates?: Candidate[];
}

/** What a subscription does. */
export type SubscriptionState =
  | { kind: "pending"; why?: Why }
  | { kind: "live" }
  /** It was live; it goes on where it was as soon as that is possible. */
  | { kind: "resuming"; why: Why }
  /** The Docker Engine does not answer. */
  | { kind: "sourceDown"; engine?: string }
  /** Redis does not answer; what there is goes on coming. */
  | { kind: "degraded" }
  /** The container stands still. */
  | { kind: "stopped" }
  | { kind: "ended"; why: "removed" | "closed" | Refusal };

export type Want = Omit<SubscribeCommand, "type" | "id">;

/** Records that the old connection brought while the new one began: `position` is ahead of the topic's own by them. */
export interface Ahead {
  /** The socket they come from; 0 when no more are taken. */
  from: number;
  position: string | undefined;
  /** The keys of those that the new connection will bring as well, by stream. */
  taken: Record<string, string[]>;
}

/** One channel that is wanted. */
export interface Topic {
  key: string;
  want: Want;
  /** As the server names it. */
  channel?: string;
  /** Every record up to here was delivered. */
  position?: string;
  /** Positions and gaps that came last, to know what comes again. */
  recent: string[];
  ahead?: Ahead;
  /** A gap that the new connection told while there is something ahead: it counts if that is not what comes next. */
  gap?: GapMessage;
  /** The socket that it is subscribed on. */
  home: number;
  /** The subscription that is not answered yet; what comes is held till then. */
  asked?: number;
  /** The position it named. */
  since?: string;
  /** It was resumed since a batch did not join on, and nothing has come since. */
  broken?: boolean;
  failures: number;
  begun?: boolean;
  view: SubscriptionState;
}

export interface Request {
  key: number;
  command: Record<string, unknown>;
  /** The id under which it is on its way. */
  id?: number;
  /** It may have been done. */
  unsure?: boolean;
  failures: number;
  /** It waits for its turn after a refusal. */
  waits?: boolean;
  refusal?: Refusal;
}

/** A message that names its channel. */
export type OfChannel = Extract<Message, { channel?: string }>;

/** One socket. */
export interface Conn {
  n: number;
  phase: "token" | "opening" | "joining" | "open";
  /** The topics of its `connect`, in order. */
  keys: string[];
  joinId: number;
  session: string;
  instance: string;
  pingMs: number;
  /** When something was heard last. */
  heard: number;
  /** It was asked whether it is there, and nothing was heard since. */
  probed?: boolean;
  /** What came before the reply that says what it is. */
  early: OfChannel[];
  /** The last error that was about the connection. */
  refusal?: Refusal;
}

/** A command that is not answered yet. */
export interface Asked {
  /** The number of a request, or the key of a topic. */
  key: string | number;
  socket: number;
}

export interface Machine {
  settings: Settings;
  main?: Conn;
  next?: Conn;
  sockets: number;
  ids: number;
  /** Failures in a row. */
  attempt: number;
  /** The network's return has hurried an attempt since a connection was useful. */
  hurried?: boolean;
  offline?: boolean;
  /** When the next attempt is due, while one is waited for. */
  retryAt?: number;
  /** What led to the present state. */
  why: Why;
  moveWhy?: Why;
  closed?: boolean;
  /** There is somebody to ask for tokens. */
  provider: boolean;
  token?: string;
  /** A token must be asked for before the next attempt, and why. */
  tokenWhy?: "first" | "expired" | "refused";
  asking?: boolean;
  holds: number;
  messageBytes: number;
  topics: Map<string, Topic>;
  channels: Map<string, Topic>;
  requests: Map<number, Request>;
  asked: Map<number, Asked>;
  view: ClientState;
}

export type Event =
  | { type: "want"; key: string; want: Want }
  | { type: "unwant"; key: string }
  | { type: "hold" | "release" | "online" | "offline" | "visible" | "reconnect" | "close" }
  | { type: "request"; key: number; command: Record<string, unknown> }
  | { type: "forget"; key: number }
  | { type: "opened"; socket: number }
  | { type: "text"; socket: number; text: string }
  | { type: "closed"; socket: number; code: number; reason: string }
  | { type: "timer"; name: string }
  | { type: "token"; token: string | undefined }
  | { type: "no-token"; message: string };

export type Effect =
  | { type: "open"; socket: number }
  | { type: "send"; socket: number; text: string }
  | { type: "close"; socket: number }
  /** In `ms` the timer comes; one of that name that is set already is replaced. */
  | { type: "timer"; name: string; ms: number }
  | { type: "clear"; name: string }
  | { type: "token"; why: "first" | "expired" | "refused" }
  /** A message of a channel, with what is still to be delivered of it; then the subscription stands at `position`. */
  | { type: "deliver"; key: string; message: Message; position?: string }
  /** Another name for a channel that `to` has already: its listeners are to be joined to those. */
  | { type: "alias"; key: string; to: string }
  | { type: "topic"; key: string; view: SubscriptionState }
  | { type: "answer"; key: number; message?: Message; refusal?: Refusal }
  | { type: "mail"; message: MessageMessage }
  | { type: "state"; view: ClientState };

/** One step: what happens now, and what is to be done about it. */
export interface Turn {
  m: Machine;
  now: number;
  /** From 0 to 1. */
  chance: () => number;
  out: Effect[];
}
