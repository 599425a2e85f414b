// Work that takes several calls, with its progress.

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import type { Position, Step } from "./calls.ts";

/** How far work is. */
export interface Progress extends Step {
  isRunning: boolean;
  /** Whether no further call is needed. */
  isDone: boolean;
  error: Error | null;
  /** Starts, or goes on where it stopped. */
  run: () => void;
  stop: () => void;
  reset: () => void;
}

const NOTHING: Step = { matched: 0, done: 0, hasMore: false, next: null };

/** Calls until nothing is left, it is stopped or the component is gone. */
export function useSteps(call: (position: Position | null) => Promise<Step>): Progress {
  const [sum, setSum] = useState(NOTHING);
  const isStopped = useRef(false);
  useEffect(() => () => {
    isStopped.current = true;
  }, []);
  const work = useMutation({
    mutationFn: async (from: Step) => {
      isStopped.current = false;
      let total = from;
      do {
        const step = await call(total.next);
        total = {
          matched: total.matched + step.matched,
          done: total.done + step.done,
          hasMore: total.hasMore || step.hasMore,
          next: step.next,
        };
        setSum(total);
      } while (total.next && !isStopped.current);
    },
  });
  return {
    ...sum,
    isRunning: work.isPending,
    isDone: work.isSuccess && sum.next === null,
    error: work.error,
    run: () => work.mutate(sum),
    stop: () => {
      isStopped.current = true;
    },
    reset: () => {
      setSum(NOTHING);
      work.reset();
    },
  };
}
