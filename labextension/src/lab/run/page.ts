// A run's page: what it is and what can be done, why it failed, the graph, and below it log, tasks, the flow's last runs
// and what it attached.

import type { CommandRegistry } from "@lumino/commands";

import { html } from "../../dom";
import { View } from "../../view";
import { Answers } from "../answers";
import { Refused, told } from "../client";
import type { IFlows } from "../flows";
import { Command } from "../flows";
import { given } from "../given";
import type { Change } from "../live";
import { stateIcon } from "../look";
import { act, problem, Tabs } from "../screen";
import type { RunDetail, Why } from "../shapes";
import { duration, exactly, ticking, when } from "../times";
import { ArtifactsView } from "./artifacts-view";
import { answer } from "./channel";
import { causeView, whyView } from "./cause-view";
import { GridView } from "./grid-view";
import { LogView } from "./log-view";
import { questionView } from "./question-view";
import { TasksView } from "./tasks-view";

type Tab = "log" | "tasks" | "grid" | "artifacts" | "why";

const REST_MS = 500; // between two readings, however much happens
const SAID_MS = 8000; // for which an answer is shown
const POLL_MS = 5000; // of a run under way, of which not all that is shown makes an event; also after a failure
const LOST_MS = 30_000; // after which an answer is not waited for any more

/** What is below the graph. */
interface Section {
  readonly element: HTMLElement;
  /** It is seen now, of this run. */
  show(detail: RunDetail): void;
  close?(): void;
}

export class RunPage {
  readonly element: HTMLElement;
  private readonly head = html("div", { class: "jfl-run-head" });
  private readonly facts = html("div", { class: "jfl-line jfl-mut jfl-facts" });
  private readonly said = html("div", { class: "jfl-quiet-line", role: "status", hidden: true });
  private readonly amiss = html("div");
  private readonly strip = html("div");
  private readonly view: View;
  private readonly graph = html("div", { class: "jfl-graph" });
  private readonly below = html("div", { class: "jfl-below" });
  private readonly tabs: Tabs<Tab>;
  private readonly sections: Record<Tab, Section>;
  private readonly whySection: Section & { draw(why: Why | undefined, error?: unknown): void };
  private detail: RunDetail | undefined;
  private why: Why | undefined;
  private drawnGraph = "";
  private drawnWhy = "";
  private reasoned = ""; // what the run was like when it was asked why
  private readonly readings = new Answers();
  private readonly reasons = new Answers();
  private readonly questions = new Map<string, Answers>(); // of the graph's view, by what they are about
  private reading = 0; // how many answers are waited for
  private failed = false; // whether the last reading did
  private plan = "";
  private readonly opened = new Set<string>(); // boxes of the graph that are unfolded
  private last = 0;
  private due: ReturnType<typeof setTimeout> | undefined;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly id: string,
    private readonly commands: CommandRegistry,
    private readonly flows: IFlows,
    private readonly named: (title: string) => void,
  ) {
    const { trans, client } = flows;
    this.view = new View((question) => void this.ask(question));
    this.graph.append(this.view.element);
    this.whySection = whyView(flows, (id, title) => this.openRun(id, title));
    this.sections = {
      log: new LogView(client, trans),
      tasks: new TasksView(client, trans, (number) => this.view.tellOf({ type: "task_run", number })),
      grid: new GridView(client, trans, (id, title) => this.openRun(id, title)),
      artifacts: new ArtifactsView(client, trans),
      why: this.whySection,
    };
    const names = [
      ["log", trans.__("Log")],
      ["tasks", trans.__("Tasks")],
      ["grid", trans.__("Last runs")],
      ["artifacts", trans.__("Artifacts")],
      ["why", trans.__("Why")],
    ] as const;
    this.tabs = new Tabs<Tab>(trans.__("About the run"), names, "log", () => this.turn());
    this.element = html("div", { class: "jfl-run-page" }, this.head, this.facts, this.said, this.amiss, this.strip, this.graph, html("div", { class: "jfl-line jfl-below-tabs" }, this.tabs.element), this.below);
  }

  /** It is in the page now. */
  shown(): void {
    this.flows.live.changed.connect(this.changed);
    this.clock = setInterval(() => this.tick(), 1000);
    this.turn();
    void this.read();
  }

  close(): void {
    this.flows.live.changed.disconnect(this.changed);
    clearInterval(this.clock);
    clearTimeout(this.due);
    this.view.close();
    for (const section of Object.values(this.sections)) {
      section.close?.();
    }
  }

  private readonly changed = (_: unknown, change: Change): void => {
    if (change.what === "all" || (change.what === "run" && (change.run.id === this.id || change.run.parent_run_id === this.id || this.isBeside(change.run.flow)))) {
      this.soon();
    }
  };

  /** Whether runs of a flow are shown beside this one. */
  private isBeside(flow: string): boolean {
    return this.tabs.chosen === "grid" && this.detail?.run.flow === flow;
  }

  private soon(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      void this.read();
    }, Math.max(0, this.last + REST_MS - Date.now()));
  }

  private tick(): void {
    const goesOn = this.detail?.run.ended_at === null;
    if (this.detail && goesOn) {
      this.drawFacts(this.detail);
    }
    const isSeen = this.flows.live.way !== "live" || this.element.offsetParent !== null;
    if ((goesOn || this.failed) && isSeen && Date.now() - this.last > (this.reading ? LOST_MS : POLL_MS)) {
      this.soon();
    }
  }

  private async read(): Promise<void> {
    this.last = Date.now();
    const { client, trans } = this.flows;
    const isNews = this.readings.ask();
    this.reading += 1;
    try {
      const [detail, graph] = await Promise.all([client.run(this.id), client.graph(this.id, [...this.opened])]);
      if (!isNews()) {
        return;
      }
      this.failed = false;
      this.amiss.replaceChildren();
      const drawn = JSON.stringify(graph);
      if (drawn !== this.drawnGraph) {
        this.drawnGraph = drawn;
        this.view.hear({ type: "whole", graph });
        this.view.placed();
      } else {
        this.view.hear({ type: "beat" });
      }
      this.take(detail);
    } catch (error) {
      if (isNews()) {
        this.failed = !(error instanceof Refused && error.status === 404); // what is gone stays so
        this.amiss.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.read() }));
      }
    } finally {
      this.reading -= 1;
    }
  }

  private take(detail: RunDetail): void {
    const { run } = detail;
    this.detail = detail;
    this.named(run.title);
    this.drawHead(detail);
    this.drawFacts(detail);
    this.tabs.count("artifacts", this.flows.trans.__("Artifacts"), detail.artifacts);
    this.tabs.count("tasks", run.kind === "notebook" ? this.flows.trans.__("Cells") : this.flows.trans.__("Tasks"), detail.task_runs);
    const failures = detail.counts.filter(({ css }) => css === "failed" || css === "crashed");
    const about = JSON.stringify([run.state.name, run.attempts, detail.questions.map(({ key }) => key), failures]);
    if (about !== this.reasoned) {
      this.plan = "";
    }
    if (about !== this.reasoned || this.why?.waiting.length) {
      void this.reason(detail, about);
    }
    this.sections[this.tabs.chosen].show(detail);
  }

  /** Ask why, and show the cause of a failure above everything. */
  private async reason(detail: RunDetail, about: string): Promise<void> {
    const isNews = this.reasons.ask();
    const draw = (drawn: unknown, ...cause: HTMLElement[]): void => {
      const questions = detail.questions.map((question) => questionView(this.flows, this.id, question, (words) => this.say(words)));
      this.drawnWhy = JSON.stringify(drawn);
      this.strip.replaceChildren(...questions, ...cause);
    };
    try {
      const why = await this.flows.client.why(this.id);
      if (!isNews()) {
        return;
      }
      this.reasoned = about;
      const drawn = [why, about, detail.can];
      if (this.drawnWhy === JSON.stringify(drawn)) {
        return; // somebody may be writing an answer there
      }
      this.why = why;
      this.whySection.draw(this.why);
      const cause = causeView(this.flows, detail, this.why, {
        openFailure: () => this.openNotebook("failure"),
        openLine: () => void this.openLine(),
        openRun: (id) => this.openRun(id, ""),
        log: () => this.choose("log"),
      });
      draw(drawn, ...(cause ? [cause] : []));
    } catch (error) {
      if (isNews()) {
        this.failed = true; // and so it is asked again
        this.whySection.draw(undefined, error);
        draw([]);
      }
    }
  }

  private drawHead(detail: RunDetail): void {
    const { trans } = this.flows;
    const { run, can } = detail;
    const held = this.head.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.act : undefined;
    const button = (id: string, words: string, tip: string, does: () => void, kind: "plain" | "main" = "plain"): HTMLElement => {
      const made = act(words, tip, does, kind);
      made.dataset.act = id;
      return made;
    };
    const acts: HTMLElement[] = [];
    const { may } = this.flows;
    if (can.resume && may.execute) {
      const paused = run.css === "paused";
      const words = paused ? trans.__("Go on") : trans.__("Retry");
      const resume = button("resume", words, this.plan || trans.__("Run again what failed; what is finished is kept"), () => this.resume(), "main");
      resume.addEventListener("pointerenter", () => void this.foretell(resume));
      resume.addEventListener("focus", () => void this.foretell(resume));
      acts.push(resume);
    }
    if (can.cancel && may.execute) {
      acts.push(button("cancel", detail.cancel_requested_at ? trans.__("Stopping…") : trans.__("Cancel"), trans.__("Stop this run"), () => this.cancel()));
    }
    if (can.repeat && may.execute) {
      acts.push(button("repeat", trans.__("Run again"), trans.__("A new run with the same parameters"), () => this.repeat()));
    }
    if (may.write && detail.files.some((file) => file.name === "notebook")) {
      acts.push(button("output", trans.__("Output notebook"), trans.__("Open the notebook as this run left it"), () => this.openNotebook("output")));
    }
    if (detail.notebook) {
      const path = detail.notebook;
      acts.push(button("source", trans.__("Open notebook"), path, () => void this.commands.execute("docmanager:open", { path })));
    }
    if (detail.previous) {
      const previous = detail.previous;
      acts.push(button("previous", trans.__("Previous run"), trans.__("The run of the same flow before this one"), () => this.openRun(previous, "")));
    }
    this.head.replaceChildren(
      stateIcon(run.css, 20),
      html("h1", {}, run.title),
      html("span", { class: `jfl-pill s-${run.css}` }, run.state.name),
      html("span", { class: "jfl-grow" }),
      ...acts,
    );
    this.head.querySelector<HTMLElement>(`[data-act="${held ?? ""}"]`)?.focus();
  }

  private drawFacts(detail: RunDetail): void {
    const { trans } = this.flows;
    const { run } = detail;
    const seconds = run.ended_at === null && run.started_at ? (Date.now() - Date.parse(run.started_at)) / 1000 : run.duration_seconds;
    const parts = [
      seconds === null ? "" : run.ended_at === null ? ticking(seconds) : duration(seconds),
      detail.usual_seconds === null ? "" : trans.__("usually %1", duration(detail.usual_seconds)),
      when(run.started_at ?? run.created_at),
      run.attempts > 1 ? trans.__("attempt %1", run.attempts) : "",
      run.deployment ? trans.__("deployment %1", run.deployment.name) : "",
      run.deployment?.tick ? trans.__("for %1", when(run.deployment.tick)) : "",
      ...given(run.parameters, " = "),
      ...run.tags.map((tag) => `#${tag}`),
    ].filter(Boolean);
    const words = parts.join(" · ");
    if (this.facts.textContent !== words) {
      this.facts.textContent = words;
      this.facts.title = `${exactly(run.created_at)}\n${run.name} ${run.id}`;
    }
  }

  private turn(): void {
    const section = this.sections[this.tabs.chosen];
    this.below.replaceChildren(section.element);
    for (const [name, other] of Object.entries(this.sections)) {
      if (name !== this.tabs.chosen) {
        other.close?.();
      }
    }
    if (this.detail) {
      section.show(this.detail);
    }
  }

  private choose(tab: Tab): void {
    this.tabs.choose(tab);
    this.turn();
    this.below.scrollIntoView({ block: "nearest" });
  }

  private async ask(question: Record<string, unknown>): Promise<void> {
    const type = String(question["type"]);
    const about = type === "task_run" || type === "box" ? "details" : type;
    const answers = this.questions.get(about) ?? new Answers();
    this.questions.set(about, answers);
    const isNews = answers.ask();
    try {
      const message = await answer(this.flows.client, this.id, question, this.opened, {
        cancel: () => this.cancel(),
        retry: () => this.resume(),
        inputs: () => this.openNotebook("failure"),
        unfold: (key, open) => {
          this.opened[open ? "add" : "delete"](key);
          void this.read();
        },
      });
      if (message && isNews()) {
        this.view.hear(message);
      }
    } catch (error) {
      this.view.hear({ type: "said", text: told(error) });
    }
  }

  /** Say what a retry would run again, before it is asked for. */
  private async foretell(button: HTMLElement): Promise<void> {
    if (!this.plan) {
      const { trans } = this.flows;
      try {
        const { again, reused, changed } = await this.flows.client.plan(this.id);
        const names = again.slice(0, 6).map((one) => one.name).join(", ");
        this.plan = [
          again.length ? trans.__("Runs again: %1", names + (again.length > 6 ? ` … (${again.length})` : "")) : trans.__("Runs again what has not finished"),
          reused.length ? trans.__("%1 finished ones are kept", reused.length) : "",
          ...changed,
        ].filter(Boolean).join("\n");
      } catch (error) {
        this.plan = told(error);
      }
    }
    button.title = this.plan;
  }

  private resume(): void {
    this.attempt(this.flows.client.resume(this.id), this.flows.trans.__("It goes on."));
  }

  private cancel(): void {
    this.attempt(this.flows.client.cancel(this.id), this.flows.trans.__("It is asked to stop."));
  }

  private repeat(): void {
    this.flows.client.repeat(this.id).then(
      ({ run }) => (run ? this.openRun(run.id, run.title) : this.say(this.flows.trans.__("It begins."))),
      (error: unknown) => this.say(told(error)),
    );
  }

  private openNotebook(what: "output" | "failure"): void {
    this.flows.client.open(this.id, what).then(
      ({ path, notes }) => {
        void this.commands.execute("docmanager:open", { path });
        if (notes.length) {
          this.say(notes.join(" "));
        }
      },
      (error: unknown) => this.say(told(error)),
    );
  }

  /** Open the notebook at the line that failed. */
  private async openLine(): Promise<void> {
    const path = this.detail?.notebook;
    const place = this.why?.place;
    if (path && place) {
      const { openAtLine } = await import("./open-line");
      await openAtLine(this.commands, path, place);
    }
  }

  private openRun(id: string, title: string): void {
    void this.commands.execute(Command.openRun, title ? { id, title } : { id });
  }

  private attempt(answered: Promise<unknown>, words: string): void {
    answered.then(
      () => this.say(words),
      (error: unknown) => {
        this.say(told(error));
        this.view.hear({ type: "said", text: "" }); // its buttons may be used again
      },
    );
  }

  private say(words: string): void {
    this.said.textContent = words;
    this.said.hidden = false;
    setTimeout(() => {
      this.said.hidden = this.said.textContent === words;
    }, SAID_MS);
    this.soon();
  }
}
