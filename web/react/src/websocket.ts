// The hook that front-ends have, without its usual faults. It needs nothing but React.
import { useEffect, useInsertionEffect, useRef, useState } from "react";
import { useCell } from "./cell.js";
import { reconnecting, type UseWebSocketOptions, type UseWebSocketResult } from "./reconnecting.js";

export type { UseWebSocketOptions, UseWebSocketResult } from "./reconnecting.js";

/**
 * A WebSocket that comes back. Options may be written inline: the newest callbacks are called, and a render alone
 * changes nothing. On one of dockcast's paths it goes on where it was: after a reconnect nothing comes twice. Close
 * codes are obeyed: 40xx and 43xx are final, 42xx say when to come back. While `url` is null it is not connected.
 *
 * @example
 * ```tsx
 * export function Tail({ container }: { container: string }) {
 *   const [lines, setLines] = useState<string[]>([]);
 *   const { isConnected, reconnectCount } = useWebSocket(`/ws/containers/${container}/logs?tail=100`, {
 *     onMessage: (message) => message.type === "log" && setLines((now) => [...now.slice(-999), message.data]),
 *   });
 *   return <pre aria-label={isConnected ? "live" : `attempt ${reconnectCount}`}>{lines.join("\n")}</pre>;
 * }
 * ```
 */
export function useWebSocket(
  url: string | URL | null | undefined,
  options: UseWebSocketOptions = {},
): UseWebSocketResult {
  const latest = useRef(options);
  useInsertionEffect(() => void (latest.current = options));
  const [socket] = useState(() => reconnecting(latest));
  const address = url == null ? undefined : String(url);
  useEffect(() => (address === undefined ? undefined : socket.start(address)), [socket, address]);
  return useCell(socket.shown);
}
