// Credentials that come in an address or that a user pastes.

import { ApiError } from "./api.ts";

/** A credential that came in the page's address. */
export interface LocationCredential {
  kind: "link" | "user";
  token: string;
}

/** Takes the credential out of the page's address, where it must not stay. */
export function takeFromLocation(): LocationCredential | null {
  const given = readHash(location.hash);
  if (given) history.replaceState(null, "", location.pathname + location.search);
  return given;
}

/** Hears of credentials that come into the address of the open page, which changes the hash alone. */
export function onCredential(listener: (given: LocationCredential) => void): void {
  window.addEventListener("hashchange", () => {
    const given = takeFromLocation();
    if (given) listener(given);
  });
}

/** Reads the credential of a link that a user pasted, or the token alone. */
export function readPasted(text: string): LocationCredential {
  const { hash } = URL.canParse(text) ? new URL(text) : { hash: "" };
  return readHash(hash) ?? { kind: looksLikeJwt(text) ? "user" : "link", token: text };
}

/** Whether a link is used, revoked or expired, or a text that is none. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.code === "invalid_field");
}

function readHash(hash: string): LocationCredential | null {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const [link, user] = [parameters.get("token"), parameters.get("access_token")];
  if (link) return { kind: "link", token: link };
  return user ? { kind: "user", token: user } : null;
}

const looksLikeJwt = (text: string) => text.split(".").length === 3;
