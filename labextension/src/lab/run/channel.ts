// The graph's view asks its questions of a kernel, or here of the API: the same questions, the same answers.

import type { Details, Message } from "../../model";
import { EVERYTHING } from "../../model";
import type { Client } from "../client";

type Question = Record<string, unknown>;

/** What the view asks that is not about the graph. */
export interface Wishes {
  cancel(): void;
  retry(): void;
  inputs(): void;
  unfold(key: string, open: boolean): void;
}

/** Leave out what the API says is not there: the view takes a field that is there for one that is known. */
export function known(details: object): Details {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null)) as Details;
}

/** Answer a question of the view, which shows these boxes unfolded. */
export async function answer(client: Client, run: string, question: Question, opened: ReadonlySet<string>, wishes: Wishes): Promise<Message | undefined> {
  const key = String(question["key"] ?? "");
  switch (question["type"]) {
    case "box":
      return { type: "details", details: known(await client.box(run, key, Number(question["page"] ?? 0), opened.has(EVERYTHING))) };
    case "task_run":
      return { type: "details", details: known(await client.taskRun(run, Number(question["number"]))) };
    case "timeline":
      return { type: "timeline", timeline: await client.timeline(run) };
    case "causes":
      return { type: "causes", causes: (await client.why(run)).causes };
    case "edge": {
      const [from, to] = [String(question["from"]), String(question["to"])];
      return { type: "edge", from, to, words: (await client.edge(run, from, to)).words };
    }
    case "cancel":
      wishes.cancel();
      return undefined;
    case "retry":
      wishes.retry();
      return undefined;
    case "inputs":
      wishes.inputs();
      return undefined;
    case "unfold":
      wishes.unfold(key, Boolean(question["open"]));
      return undefined;
    default:
      return undefined;
  }
}
