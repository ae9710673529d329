// The API of the server extension, one method per question.

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";

import type * as shapes from "./shapes";
import { sentences } from "./words";

const ROOT = "jupyter-flows/api";

type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** An answer that is no success, or none at all; `message` is for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly answer: shapes.ErrorAnswer,
  ) {
    super(answer.message);
  }

  /** Whether the server has no Jupyter Flows. */
  get isAbsent(): boolean {
    return this.status === 404 && this.answer.error === "NoExtension";
  }
}

function refused(status: number, answer: Partial<shapes.ErrorAnswer>): Refused {
  return new Refused(status, { error: "", message: "", advice: "", problems: {}, ...answer });
}

/** In the words of people, whatever was thrown. */
export function told(error: unknown): string {
  if (error instanceof Refused) {
    return sentences(error.answer.message, error.answer.advice);
  }
  return error instanceof Error ? error.message : String(error);
}

/** Write a query; what is undefined is left out, lists are repeated. */
export function written(query: Query): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== "") {
        all.append(name, String(one));
      }
    }
  }
  const text = all.toString();
  return text && `?${text}`;
}

export class Client {
  readonly connection = ServerConnection.makeSettings();

  /** The address of something below the API, for an `iframe` or an image. */
  address(path: string): string {
    return URLExt.join(this.connection.baseUrl, ROOT, path);
  }

  /** The address of the websocket. */
  events(query: Query): string {
    const { wsUrl, token, appendToken } = this.connection;
    return URLExt.join(wsUrl, ROOT, "events") + written({ ...query, token: appendToken ? token : undefined });
  }

  settings = (): Promise<shapes.Settings> => this.get("settings");
  overview = (): Promise<shapes.Overview> => this.get("overview");
  runs = (query: Query): Promise<shapes.RunPage> => this.get("runs", query);
  run = (id: string): Promise<shapes.RunDetail> => this.get(`runs/${id}`);
  graph = (id: string, open: readonly string[] = []): Promise<shapes.Graph> => this.get(`runs/${id}/graph`, { open });
  box = (id: string, key: string, page: number, all: boolean): Promise<shapes.Details> => this.get(`runs/${id}/graph/box`, { key, page, all });
  edge = (id: string, from: string, to: string): Promise<shapes.EdgeWords> => this.get(`runs/${id}/graph/edge`, { from, to });
  timeline = (id: string): Promise<shapes.Timeline> => this.get(`runs/${id}/timeline`);
  tasks = (id: string, query: Query): Promise<shapes.TaskPage> => this.get(`runs/${id}/tasks`, query);
  taskRun = (id: string, number: number): Promise<shapes.Details> => this.get(`runs/${id}/tasks/${number}`);
  log = (id: string, query: Query): Promise<shapes.LogPage> => this.get(`runs/${id}/logs`, query);
  artifacts = (id: string): Promise<shapes.ArtifactList> => this.get(`runs/${id}/artifacts`);
  why = (id: string): Promise<shapes.Why> => this.get(`runs/${id}/why`);
  plan = (id: string): Promise<shapes.ResumePreview> => this.get(`runs/${id}/plan`);
  grid = (flow: string, runs: number): Promise<shapes.Grid> => this.get("grid", { flow, runs });
  comparison = (id: string, before: string): Promise<shapes.Comparison> => this.get(`runs/${id}/comparison`, { before });
  deployments = (): Promise<shapes.DeploymentList> => this.get("deployments");
  schedules = (): Promise<shapes.ScheduleList> => this.get("schedules");
  backfills = (query: Query): Promise<shapes.BackfillList> => this.get("backfills", query);
  parameters = (path: string): Promise<shapes.NotebookParameters> => this.get("notebooks/parameters", { path });
  deploymentParameters = (id: string, schedule: string): Promise<shapes.DeploymentParameters> => this.get(`deployments/${id}/parameters`, { schedule });

  cancel = (id: string): Promise<unknown> => this.send("POST", `runs/${id}/cancel`, {});
  resume = (id: string, form: { key?: string; input?: unknown } = {}): Promise<shapes.Started> => this.send("POST", `runs/${id}/resume`, form);
  repeat = (id: string): Promise<shapes.Started> => this.send("POST", `runs/${id}/repeat`, {});
  open = (id: string, what: "output" | "failure"): Promise<shapes.Opened> => this.send("POST", `runs/${id}/open`, { what });
  start = (path: string, parameters: Record<string, unknown>): Promise<shapes.Started> => this.send("POST", "runs", { path, parameters });
  deploy = (form: Partial<shapes.DeploymentForm>): Promise<shapes.Applied> => this.send("POST", "deployments", form);
  deleteDeployment = (id: string): Promise<unknown> => this.send("DELETE", `deployments/${id}`);
  runDeployment = (id: string): Promise<shapes.Queued> => this.send("POST", `deployments/${id}/run`, {});
  preview = (form: { schedule: Partial<shapes.ScheduleForm>; parameters: Record<string, unknown>; path?: string }): Promise<shapes.Preview> =>
    this.send("POST", "schedules/preview", form);
  editSchedule = (id: string, form: Partial<shapes.ScheduleForm>): Promise<unknown> => this.send("PUT", `schedules/${id}`, form);
  deleteSchedule = (id: string): Promise<unknown> => this.send("DELETE", `schedules/${id}`);
  pauseSchedule = (id: string, paused: boolean): Promise<unknown> => this.send("POST", `schedules/${id}/${paused ? "pause" : "start"}`, {});
  previewBackfill = (deployment: string, form: Partial<shapes.BackfillForm>): Promise<shapes.BackfillPreview> => this.send("POST", `deployments/${deployment}/backfills/preview`, form);
  backfill = (deployment: string, form: Partial<shapes.BackfillForm>): Promise<shapes.Backfill> => this.send("POST", `deployments/${deployment}/backfills`, form);
  cancelBackfill = (id: string): Promise<shapes.Backfill> => this.send("POST", `backfills/${id}/cancel`, {});

  /** The text of a file below the API. */
  async text(path: string): Promise<string> {
    return (await this.answered(this.address(path), { method: "GET" })).text();
  }

  private async get<T>(path: string, query: Query = {}): Promise<T> {
    const answer = await this.answered(this.address(path) + written(query), { method: "GET" });
    return (await answer.json()) as T;
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { "Content-Type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const answer = await this.answered(this.address(path), init);
    return (answer.status === 204 ? {} : await answer.json()) as T;
  }

  private async answered(url: string, init: RequestInit): Promise<Response> {
    let answer: Response;
    try {
      answer = await ServerConnection.makeRequest(url, init, this.connection);
    } catch {
      throw refused(0, { error: "Unreachable", message: "The server does not answer.", advice: "It is asked again by itself." });
    }
    if (answer.ok) {
      return answer;
    }
    let body: Partial<shapes.ErrorAnswer> = {};
    try {
      body = (await answer.json()) as Partial<shapes.ErrorAnswer>;
    } catch {
      // What is no JSON does not come from the extension.
    }
    if (answer.status === 404 && typeof body.error !== "string") {
      const advice = "Install jupyter-flows where the server runs, and start the server again.";
      throw refused(404, { error: "NoExtension", message: "This server has no Jupyter Flows.", advice });
    }
    throw refused(answer.status, { ...body, message: body.message || `The server answered ${answer.status} ${answer.statusText}.` });
  }
}
