// Where dockcast is, and who we are to it: `?at=https://…` and `#token=…` of this page's address.
import type { TokenReason } from "@dockcast/client";
import { useEffect, useRef } from "react";

export const at = new URLSearchParams(location.search).get("at") ?? "http://127.0.0.1:8000";
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given !== null) history.replaceState(null, "", location.pathname + location.search);

let dialog: HTMLDialogElement | null = null;
let answer: ((token: string) => void) | undefined;

/** The first time what the address says; a person is asked where that was not enough. */
export function getToken(why: TokenReason): string | Promise<string> {
  if (why === "first") return given ?? "";
  return new Promise((resolve) => {
    answer = resolve;
    dialog?.showModal();
  });
}

export function Login() {
  const shown = useRef<HTMLDialogElement>(null);
  useEffect(() => void (dialog = shown.current), []);
  return (
    <dialog ref={shown} aria-labelledby="login" onCancel={(event) => event.preventDefault()}>
      <form method="dialog" onSubmit={(event) => answer?.(new FormData(event.currentTarget).get("token") as string)}>
        <label id="login" htmlFor="token">This dockcast wants a token. It was printed when it started.</label>
        <input id="token" name="token" type="password" autoComplete="off" required />
        <button className="primary">Connect</button>
      </form>
    </dialog>
  );
}
