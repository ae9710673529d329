// Runs under the names of their flows, the flow that ran last first.

import type { Run } from "../shapes";

export interface Group {
  flow: string;
  runs: Run[];
}

/** Group runs, which come newest first, by their flow. */
export function grouped(runs: readonly Run[]): Group[] {
  const found = new Map<string, Run[]>();
  for (const run of runs) {
    const there = found.get(run.flow);
    if (there) {
      there.push(run);
    } else {
      found.set(run.flow, [run]);
    }
  }
  return [...found].map(([flow, ones]) => ({ flow, runs: ones }));
}

/** What has happened since somebody last looked, in numbers. */
export function since(runs: readonly Run[], at: number): { finished: number; failed: number; waiting: number } {
  const ended = runs.filter((run) => run.ended_at !== null && new Date(run.ended_at).getTime() > at);
  const failed = ended.filter((run) => run.css === "failed" || run.css === "crashed").length;
  return { finished: ended.length - failed, failed, waiting: runs.filter((run) => run.css === "paused").length };
}
