// Made of protocol/*.json by `tools/describe pages`; change it there. Longer than other
// files, since it is all that is sent and heard.

/** Why something was refused: docs/errors.md has a page for each. */
export type ErrorCode =
  | "bad_request"
  | "not_found"
  | "ambiguous"
  | "forbidden"
  | "unauthorized"
  | "conflict"
  | "rate_limited"
  | "too_many"
  | "too_large"
  | "unavailable"
  | "unknown_outcome"
  | "unsupported"
  | "internal";

/** The close codes that dockcast sends. */
export const closeCodes = {
  badRequest: 4000,
  forbidden: 4003,
  notFound: 4004,
  tooMany: 4029,
  internal: 4100,
  noProgress: 4103,
  noPong: 4108,
  rateLimited: 4129,
  overloaded: 4153,
  drain: 4200,
  notAccepted: 4300,
  noCredentials: 4308,
} as const;

/** A container that the beginning of an id may mean. */
export interface Candidate {
  id: string;
  name: string;
}

/** A container, in lists, as one, and in the channel containers. */
export interface Container {
  id: string;
  /** Without the slash that Docker puts before it. */
  name: string;
  image: string;
  /** Docker's word: created, running, paused, restarting, removing, exited or dead. */
  state: string;
  /** What docker ps prints: Up 2 hours. */
  status: string;
  /** Docker's word, where there is a health check. */
  health?: string;
  created: string;
  started?: string;
  finished?: string;
  exit_code?: number;
  labels: Record<string, string>;
  /** The compose project. */
  project?: string;
  /** The compose service. */
  service?: string;
  /** The id of the Engine. */
  engine: string;
}

/** What this connection may do. */
export interface Limits {
  message_bytes: number;
  subscriptions: number;
}

/** The run of records that is gone. */
export interface Lost {
  from: string;
  to: string;
  /** As in gap. */
  reason: string;
}

/** A session that follows an application channel. */
export interface Member {
  session: string;
  subject: string;
  instance: string;
}

/** One subscription of a connect: the fields of subscribe. */
export interface Subscription {
  /** A container by its full id, the beginning of one, or its name. */
  channel: string;
  /** A position (exclusive: it resumes), RFC 3339, Unix seconds, or a duration such as 10m (inclusive). */
  since?: string | number;
  /** Logs: all, the default, or a number of lines. */
  tail?: string | number;
  /** Logs: true unless it is false. */
  stdout?: boolean | string;
  /** Logs: true unless it is false. */
  stderr?: boolean | string;
  /** Of app: channels, who joins and leaves. */
  presence?: boolean | string;
}

/** Optional, and only as the first: credentials, and all subscriptions at once. */
export interface ConnectCommand {
  id?: string | number;
  type: "connect";
  token?: string;
  /** Answered in the same order. */
  subscriptions?: Subscription[];
}

/** Follow a channel. To subscribe to the same channel again replaces the options. */
export interface SubscribeCommand {
  id?: string | number;
  type: "subscribe";
  /** A container by its full id, the beginning of one, or its name. */
  channel: string;
  /** A position (exclusive: it resumes), RFC 3339, Unix seconds, or a duration such as 10m (inclusive). */
  since?: string | number;
  /** Logs: all, the default, or a number of lines. */
  tail?: string | number;
  /** Logs: true unless it is false. */
  stdout?: boolean | string;
  /** Logs: true unless it is false. */
  stderr?: boolean | string;
  /** Of app: channels, who joins and leaves. */
  presence?: boolean | string;
}

/** Follow a channel no more. */
export interface UnsubscribeCommand {
  id?: string | number;
  type: "unsubscribe";
  channel: string;
}

/** Say something on an app: channel; anywhere else it is forbidden. */
export interface PublishCommand {
  id?: string | number;
  type: "publish";
  channel: string;
  data: unknown;
  /** At most 64 bytes: said once, however often it is sent within five minutes. */
  message_id?: string;
}

/** A page of what was said on a channel: after since, before before, or the newest. Of logs and application channels.
 */
export interface HistoryCommand {
  id?: string | number;
  type: "history";
  channel: string;
  /** What comes strictly after a position, or from a time on. */
  since?: string | number;
  /** A position: what comes before it. */
  before?: string;
  /** 1 to 1000; 100 unless given. */
  limit?: number;
}

/** Who is on an app: channel. */
export interface PresenceCommand {
  id?: string | number;
  type: "presence";
  channel: string;
}

/** Is anybody there? */
export interface PingCommand {
  id?: string | number;
  type: "ping";
}

/** The connection is open. */
export interface ConnectedMessage {
  type: "connected";
  id?: string | number;
  session: string;
  instance: string;
  ping_ms: number;
  limits: Limits;
  /** One result for each subscription of connect, in order, without id. */
  subscriptions: (SubscribedMessage | ErrorMessage)[];
}

/** A channel is followed. */
export interface SubscribedMessage {
  type: "subscribed";
  id?: string | number;
  channel: string;
  /** What was asked for. */
  requested: string;
  /** Where the stream goes on from; history that was asked for follows as ordinary messages. */
  position?: string;
  /** Where a position was given. full: every record since the position will come; partial: some are gone: lost says
   * which, and the same gap comes in the stream; none: nothing can be resumed: reason says why
   */
  recovered?: "full" | "partial" | "none";
  reason?: string;
  lost?: Lost;
}

/** A channel is followed no more. */
export interface UnsubscribedMessage {
  type: "unsubscribed";
  id?: string | number;
  channel: string;
}

/** One line of a log; without dockcast.v1. */
export interface LogMessage {
  type: "log";
  channel: string;
  position: string;
  stream: "stdout" | "stderr";
  time: string;
  /** The line. Bytes that are not UTF-8 are U+FFFD. */
  data: string;
  /** The line goes on in the next message of its stream: it has more than 1 MiB. */
  partial?: boolean;
}

/** Lines of a log; with dockcast.v1. */
export interface LogsMessage {
  type: "logs";
  channel: string;
  /** Where the follower stands before it. */
  prev: string;
  /** Where it stands behind it. */
  position: string;
  /** Time, stream, text; a 1 behind them where the line goes on. Empty only where the position moves. */
  lines: ([string, ("o" | "e"), string, 1?])[];
}

/** Records are missing between two positions. */
export interface GapMessage {
  type: "gap";
  channel: string;
  from: string;
  to: string;
  /** slow: the container was removed before this client had read them; rotated: Docker has deleted them; trimmed: the
   * channel's history does not reach back so far; recreated: the channel began anew: Redis has lost it; clock: the
   * Engine's clock went back, and what lies between cannot be told apart; reader: they were there, but Docker shows
   * them no more; failover: another Redis took over, and has not got them all
   */
  reason: "slow" | "rotated" | "trimmed" | "recreated" | "clock" | "reader" | "failover";
  /** How many, where that is known. */
  lines?: number;
  /** For people; in a quiet opening. */
  data?: string;
}

/** What a channel's source is doing. */
export interface StatusMessage {
  type: "status";
  channel: string;
  /** live: new records are being delivered; stopped: the last line of a run was delivered; restarted: the next run
   * begins; removed: the container is gone; the subscription ends; source_down: the Docker Engine does not answer;
   * degraded: Redis does not answer for more than a second; lines go on coming; recovered: after either of these two
   */
  state: "live" | "stopped" | "restarted" | "removed" | "source_down" | "degraded" | "recovered";
  /** Which Engine, on docker:events and containers, where the cluster has several. */
  engine?: string;
  /** For people; in a quiet opening. */
  data?: string;
}

/** What Docker told. */
export interface DockerEventMessage {
  type: "docker_event";
  channel: string;
  position: string;
  /** As Docker sent it. */
  event: Record<string, unknown>;
}

/** What Docker told about one container: its own fields, and these. */
export interface ContainerEventMessage {
  type: "container_event";
  channel: string;
  position: string;
  [field: string]: unknown;
}

/** The whole list: first, and after every reconciliation that changed it. */
export interface ContainersMessage {
  type: "containers";
  channel: string;
  containers: Container[];
}

/** One container changed. */
export interface ContainerMessage {
  type: "container";
  channel: string;
  change: "added" | "changed" | "removed";
  container: Container;
}

/** What a container uses; the latest only. */
export interface StatsMessage {
  type: "stats";
  channel: string;
  time: string;
  /** 100 is one core. */
  cpu_percent: number;
  memory_bytes: number;
  memory_limit_bytes: number;
  memory_percent: number;
  network_rx_bytes: number;
  network_tx_bytes: number;
  block_read_bytes: number;
  block_write_bytes: number;
  pids: number;
}

/** The reply to history. */
export interface HistoryMessage {
  type: "history";
  id?: string | number;
  channel: string;
  /** The channel's own messages, oldest first; of a log each is one line. Or a gap before it. */
  items: (LogMessage | MessageMessage | GapMessage)[];
  /** To go on backwards: before. */
  first: string;
  /** To go on forwards: since. */
  last: string;
  /** There is more in the direction that was asked for. */
  more: boolean;
}

/** It is stored. */
export interface PublishedMessage {
  type: "published";
  id?: string | number;
  channel: string;
  position: string;
  duplicate: boolean;
}

/** Who is there. */
export interface PresenceMessage {
  type: "presence";
  id?: string | number;
  channel: string;
  /** None where there are more than DOCKCAST_APP_PRESENCE_MAX (1,000). */
  sessions: Member[];
  /** How many there are. */
  count: number;
}

/** What somebody published. */
export interface MessageMessage {
  type: "message";
  channel: string;
  position?: string;
  /** When it was stored. */
  time?: string;
  /** The publisher's. */
  message_id?: string;
  /** The publisher's subject. */
  from?: string;
  data: unknown;
}

/** Somebody came. */
export interface JoinMessage {
  type: "join";
  channel: string;
  session: string;
  subject: string;
  instance: string;
}

/** Somebody left. */
export interface LeaveMessage {
  type: "leave";
  channel: string;
  session: string;
  subject: string;
  instance: string;
}

/** The reply to ping. */
export interface PongMessage {
  type: "pong";
  id?: string | number;
}

/** After 30 s without another message. Beside it, RFC 6455 pings. */
export interface HeartbeatMessage {
  type: "heartbeat";
}

/** Move to another instance: connect anew and resume, then close this connection. */
export interface MigrateMessage {
  type: "migrate";
  /** When; each client has a time of its own. */
  in_ms: number;
  /** drain: This instance leaves. */
  reason: "drain";
  /** For people; in a quiet opening. */
  data?: string;
}

/** What was asked for cannot be done, or a channel ended. */
export interface ErrorMessage {
  type: "error";
  id?: string | number;
  channel?: string;
  code: ErrorCode;
  /** A sentence that a person can act on. */
  message: string;
  /** The same may succeed later. */
  retry: boolean;
  ref: string;
  /** With ambiguous. */
  candidates?: Candidate[];
  /** For people; in a quiet opening. */
  data?: string;
}

/** What a client sends. */
export type Command =
  | ConnectCommand
  | SubscribeCommand
  | UnsubscribeCommand
  | PublishCommand
  | HistoryCommand
  | PresenceCommand
  | PingCommand;

/** What a client is sent. */
export type Message =
  | ConnectedMessage
  | SubscribedMessage
  | UnsubscribedMessage
  | LogsMessage
  | GapMessage
  | StatusMessage
  | DockerEventMessage
  | ContainerEventMessage
  | ContainersMessage
  | ContainerMessage
  | StatsMessage
  | HistoryMessage
  | PublishedMessage
  | PresenceMessage
  | MessageMessage
  | JoinMessage
  | LeaveMessage
  | PongMessage
  | HeartbeatMessage
  | MigrateMessage
  | ErrorMessage;
