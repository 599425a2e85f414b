import { useEffect, useRef, type RefObject } from "react";

/** The element that takes the focus where work ends, and the button that had it, such as Stop, is gone. */
export function useFocusAtEnd<Target extends HTMLElement>(isRunning: boolean): RefObject<Target | null> {
  const target = useRef<Target>(null);
  useEffect(() => {
    if (!isRunning) return;
    return () => {
      if (document.activeElement === document.body) target.current?.focus({ preventScroll: true });
    };
  }, [isRunning]);
  return target;
}
