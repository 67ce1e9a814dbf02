// What an application is given for what the wire brings.
import type {
  ContainerEventMessage,
  Container as WireContainer,
  GapMessage,
  LogMessage,
  Message,
  StatsMessage,
  StatusMessage,
} from "./wire.js";

type CamelCase<S> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : S;
/** The fields of a type of the wire, by TypeScript's custom. */
export type Camel<T> = { [K in keyof T as CamelCase<K>]: T[K] };

/** Records are missing between two positions; `lines` says how many, where that is known. */
export interface Gap {
  kind: "gap";
  from?: string;
  to?: string;
  /**
   * As in docs/protocol.md, or of the client's own: `slow-consumer`, what an iterator did not take in time; `chain`,
   * the server went on elsewhere than where we stood; `retained`, what a second listener came too late for.
   */
  reason: GapMessage["reason"] | "tail" | "slow-consumer" | "chain" | "retained";
  lines?: number;
}

/** What a channel's source is doing; `engine` where there are several. */
export interface Status {
  kind: "status";
  state: StatusMessage["state"];
  engine?: string;
}

export interface Line {
  kind: "line";
  /** RFC 3339, with nine digits of a second. */
  time: string;
  stream: "stdout" | "stderr";
  text: string;
  /** A piece of a line of more than 1 MiB: it goes on in the next line of its stream. */
  partial?: true;
}

export type LogItem = Line | Gap | Status;

/** What Docker told. */
export interface DockerEvent {
  kind: "event";
  position: string;
  event: Record<string, unknown> & { Type?: string; Action?: string };
}

export type EventItem = DockerEvent | Gap | Status;

export type Container = Camel<WireContainer>;

/** All containers, as they are now. */
export interface Picture {
  kind: "containers";
  containers: readonly Container[];
}

export type ContainersItem = Picture | Status;

/** What a container uses; 100 % of CPU is one core. */
export interface Stats extends Camel<Omit<StatsMessage, "type" | "channel">> {
  kind: "stats";
}

export type StatsItem = Stats | Status;

export interface ChannelMessage {
  kind: "message";
  data: unknown;
  position?: string;
  time?: string;
  messageId?: string;
  /** The publisher's subject. */
  from?: string;
}

/** Somebody came or left. */
export interface Presence {
  kind: "join" | "leave";
  session: string;
  subject: string;
  instance: string;
}

export type ChannelItem = ChannelMessage | Presence | Gap | Status;

export type Item = LogItem | EventItem | ContainersItem | StatsItem | ChannelItem;

function camel<T extends object>(fields: T): Camel<T> {
  const made: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    made[name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())] = value;
  return made as Camel<T>;
}

/** The items of a message; `picture` is that of the containers, which a message of these changes. */
export function itemsOf(message: Message | LogMessage, picture = new Map<string, Container>()): Item[] {
  switch (message.type) {
    case "logs":
      return message.lines.map(([time, stream, text, partial]) => line(time, stream === "o", text, partial));
    case "log":
      return [line(message.time, message.stream === "stdout", message.data, message.partial ? 1 : undefined)];
    case "docker_event":
      return [{ kind: "event", position: message.position, event: message.event }];
    case "container_event": {
      const { type: _type, channel: _channel, position, ...event } = message as ContainerEventMessage;
      return [{ kind: "event", position, event }];
    }
    case "containers":
      picture.clear();
      for (const each of message.containers) picture.set(each.id, camel(each));
      return [pictured(picture)];
    case "container":
      if (message.change === "removed") picture.delete(message.container.id);
      else picture.set(message.container.id, camel(message.container));
      return [pictured(picture)];
    case "gap":
    case "status":
    case "stats":
    case "message":
    case "join":
    case "leave": {
      const { type: kind, channel: _channel, ...fields } = message;
      return [{ kind, ...camel(fields) } as Item];
    }
    default:
      return [];
  }
}

function pictured(picture: Map<string, Container>): Picture {
  return { kind: "containers", containers: [...picture.values()] };
}

function line(time: string, out: boolean, text: string, partial?: 1): Line {
  const made: Line = { kind: "line", time, stream: out ? "stdout" : "stderr", text };
  if (partial) made.partial = true;
  return made;
}
