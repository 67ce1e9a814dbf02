// @dockcast/client/testing: a dockcast for tests, in the same process.
export { FakeServer } from "./testing/server.js";
export type { Verdict } from "./testing/server.js";
export type { FakeConnection } from "./testing/connection.js";
