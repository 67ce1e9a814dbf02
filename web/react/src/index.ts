export { useChannel, usePresence } from "./channel.js";
export type { ChannelOptions, ChannelResult, PresenceResult } from "./channel.js";
export { useContainers, useEvents, useLogs, useStats } from "./docker.js";
export type { KeepOptions, Named } from "./docker.js";
export type { ItemsResult } from "./items.js";
export { DockcastProvider, useConnection, useDockcast } from "./provider.js";
export type { DockcastProviderProps } from "./provider.js";
export { useWebSocket } from "./websocket.js";
export type { UseWebSocketOptions, UseWebSocketResult } from "./websocket.js";
