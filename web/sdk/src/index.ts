export { Dockcast } from "./client.js";
export type { DockcastOptions, History, HistoryRange, LogOptions, Published, Since } from "./client.js";
export { DockcastError } from "./errors.js";
export type {
  Camel,
  ChannelItem,
  ChannelMessage,
  Container,
  ContainersItem,
  DockerEvent,
  EventItem,
  Gap,
  Item,
  Line,
  LogItem,
  Picture,
  Presence,
  Stats,
  StatsItem,
  Status,
} from "./items.js";
export type { LinkOptions, Socket, SocketClass, TokenReason } from "./link.js";
export type { ClientState, Refusal, Settings, SubscriptionState, Why } from "./machine/types.js";
export type { Subscription } from "./subscription.js";
export type { Candidate, ErrorCode, Member } from "./wire.js";
