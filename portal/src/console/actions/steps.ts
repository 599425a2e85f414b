// Work that takes several calls, with its progress.

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { callAction, type Step } from "./calls.ts";
import type { ActionDraft } from "./draft.ts";

/** How far work is. */
export interface Work {
  /** What it is for. Null where none was started. */
  draft: ActionDraft | null;
  /** Another one for each start. */
  number: number;
  matched: number;
  done: number;
  /** Whether more may match than was found so far. */
  hasMore: boolean;
  isRunning: boolean;
  /** Whether no further call is needed. */
  isDone: boolean;
  /** Whether it was stopped, or failed. */
  isHalted: boolean;
  error: Error | null;
  /** Starts from nothing. It ends early once `most` are done. */
  start: (draft: ActionDraft, most?: number) => void;
  /** Goes on where it was stopped, or failed. */
  goOn: () => void;
  stop: () => void;
  /** Ends and forgets it. */
  reset: () => void;
}

interface Sum extends Step {
  draft: ActionDraft;
  number: number;
  most: number;
}

/** Counts, or acts, call by call, until nothing is left, it is stopped or the component is gone. */
export function useSteps(isDryRun: boolean): Work {
  const [sum, setSum] = useState<Sum | null>(null);
  // Runs are numbered: only the newest may change what is shown, or call again.
  const newest = useRef(0);
  const stopped = useRef(0);
  const end = () => {
    newest.current += 1;
  };
  useEffect(() => end, []);
  const work = useMutation({
    mutationFn: async ({ from, run }: { from: Sum; run: number }) => {
      let total = from;
      do {
        const step = await callAction(total.draft, isDryRun, total.cursor);
        if (newest.current !== run) return;
        total = add(total, step);
        setSum(total);
      } while (total.cursor !== null && stopped.current !== run);
    },
  });
  const run = (from: Sum) => {
    setSum(from);
    work.mutate({ from, run: newest.current });
  };
  const isDone = work.isSuccess && sum?.cursor === null;
  return {
    draft: sum?.draft ?? null,
    number: sum?.number ?? 0,
    matched: sum?.matched ?? 0,
    done: sum?.done ?? 0,
    hasMore: sum !== null && (sum.isCapped || sum.cursor !== null),
    isRunning: work.isPending,
    isDone,
    isHalted: sum !== null && !work.isPending && !isDone,
    error: work.error,
    start: (draft, most = Number.POSITIVE_INFINITY) => {
      end();
      run({ draft, number: newest.current, most, matched: 0, done: 0, isCapped: false, cursor: null });
    },
    goOn: () => {
      end();
      if (sum) run(sum);
    },
    stop: () => {
      stopped.current = newest.current;
    },
    reset: () => {
      end();
      setSum(null);
      work.reset();
    },
  };
}

function add(total: Sum, step: Step): Sum {
  const done = total.done + step.done;
  const stands = step.done === 0 && step.cursor === total.cursor;
  return {
    ...total,
    matched: total.matched + step.matched,
    done,
    isCapped: total.isCapped || step.isCapped,
    cursor: done >= total.most || stands ? null : step.cursor,
  };
}
