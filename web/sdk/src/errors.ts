import type { Refusal } from "./machine/types.js";
import type { Candidate, ErrorCode } from "./wire.js";

/**
 * Why something was refused. `code` is one of dockcast's error codes (docs/errors.md), or `closed` where the client
 * itself was closed; `retry` says whether the same may succeed later.
 *
 * @example
 * ```ts
 * const sub = client.logs("no-such-container");
 * try {
 *   for await (const item of sub) console.log(item);
 * } catch (error) {
 *   if (error instanceof DockcastError) console.log(error.code, error.message); // not_found No such container …
 * }
 * ```
 */
export class DockcastError extends Error {
  override readonly name = "DockcastError";
  declare readonly code: ErrorCode | "closed";
  declare readonly retry: boolean;
  /** dockcast's own log has a line with it. */
  declare readonly ref?: string;
  /** With `ambiguous`: the containers that were meant, perhaps. */
  declare readonly candidates?: Candidate[];

  constructor(refusal: Refusal) {
    super(refusal.message);
    Object.assign(this, refusal);
  }
}
