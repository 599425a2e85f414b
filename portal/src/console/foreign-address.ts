import { useEffect, useRef } from "react";

/**
 * Calls `onForeign` when the address changes, such as by a link, but not for what the component writes there itself.
 * `text` is what the address has; the answer notes what is being written.
 */
export function useForeignAddress(text: string, onForeign: () => void): (written: string) => void {
  // What the address has, and after it what was written and has not arrived there.
  const known = useRef([text]);
  useEffect(() => {
    const at = known.current.indexOf(text);
    known.current = at < 0 ? [text] : known.current.slice(at);
    if (at < 0) onForeign();
  }, [text]);
  return (written) => void known.current.push(written);
}
