// What the API will probably say of an endpoint's URL, while it is typed.

import { texts } from "../texts.ts";

const MOST_CHARACTERS = 2048;
const PRIVATE_SUFFIX = /(^|\.)(local|localhost|internal|onion|home\.arpa|arpa)$/;
const PRIVATE_IPV4 = [
  /^0\./, /^10\./, /^127\./, /^169\.254\./, /^192\.168\./, /^172\.(1[6-9]|2\d|3[01])\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^192\.0\.[02]\./, /^198\.(1[89]|51)\./, /^203\.0\.113\./, /^(22[4-9]|2[3-5]\d)\./,
];
const PUBLIC_IPV6 = /^\[[23]/;

/** Why the URL will probably be refused, in words. Null where nothing speaks against it. */
export function urlProblem(text: string): string | null {
  const words = texts.urlProblems;
  if (text.length > MOST_CHARACTERS) return words.tooLong;
  if (/[^\x21-\x7e]/.test(text)) return words.notAscii;
  if (!URL.canParse(text)) return words.unreadable;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== "https:") return words.notHttps;
  if (username || password) return words.credentials;
  if (hash || text.endsWith("#")) return words.fragment;
  return hostProblem(hostname.replace(/\.$/, ""));
}

function hostProblem(host: string): string | null {
  const words = texts.urlProblems;
  if (host.startsWith("[")) return PUBLIC_IPV6.test(host) ? null : words.privateAddress;
  if (/^[\d.]+$/.test(host)) return PRIVATE_IPV4.some((range) => range.test(host)) ? words.privateAddress : null;
  if (PRIVATE_SUFFIX.test(host) || host === "metadata.goog") return words.privateName;
  return host.includes(".") ? null : words.oneLabel;
}
