// useWebSocket(url, options): a WebSocket that comes back. Of the shape of the React hook that such pages have, without
// React: the result is one object whose fields change, and whoever shows them is told so by onOpen and onClose.
export function useWebSocket(url, options = {}) {
  const { onMessage, onOpen, onClose, onError, reconnectInterval = 5000, maxReconnectAttempts = 10 } = options;
  const hook = { isConnected: false, reconnectCount: 0, sendMessage, disconnect, reconnect };
  let socket, timer;

  function connect() {
    const mine = new WebSocket(url);
    socket = mine;
    mine.onopen = (event) => {
      hook.isConnected = true;
      hook.reconnectCount = 0;
      onOpen?.(event);
    };
    mine.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "heartbeat") sendMessage({ type: "pong" });
      else onMessage?.(message);
    };
    mine.onerror = (event) => onError?.(event);
    mine.onclose = (event) => {
      if (mine !== socket) return; // it was left
      hook.isConnected = false;
      onClose?.(event);
      if (hook.reconnectCount >= maxReconnectAttempts) return;
      hook.reconnectCount += 1;
      timer = setTimeout(connect, reconnectInterval);
    };
  }

  function sendMessage(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function disconnect() {
    const left = socket;
    clearTimeout(timer);
    socket = undefined;
    hook.isConnected = false;
    left?.close();
  }

  function reconnect() {
    disconnect();
    hook.reconnectCount = 0;
    connect();
  }

  connect();
  return hook;
}
