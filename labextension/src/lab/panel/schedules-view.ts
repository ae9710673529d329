// The schedules: what runs next, and pause, run now, edit and delete.

import type { CommandRegistry } from "@lumino/commands";

import { html } from "../../dom";
import { Answers } from "../answers";
import { told } from "../client";
import type { IFlows } from "../flows";
import { Command } from "../flows";
import type { Change } from "../live";
import { isSayable } from "../form/times-form";
import { reconcile, roam } from "../reconcile";
import { act, problem, waiting } from "../screen";
import { backfillLine } from "../backfill-line";
import type { Backfill, Schedule } from "../shapes";
import { exactly, until, when } from "../times";

export class SchedulesView {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly said = html("div", { class: "jfl-quiet-line", role: "status", hidden: true });
  private readonly rest = html("div");
  private schedules: Schedule[] = [];
  private backfills: Backfill[] = []; // that are not over
  private readonly rows = new Map<string, HTMLElement>();
  private readonly answers = new Answers();
  private sure: string | undefined; // whose deletion was asked for once
  private clock: ReturnType<typeof setInterval> | undefined;
  private due: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly commands: CommandRegistry,
    private readonly flows: IFlows,
  ) {
    const { trans } = flows;
    this.list = html("ul", { class: "jfl-schedules", "aria-label": trans.__("Schedules") });
    roam(this.list, ".jfl-schedule");
    this.rest.append(waiting(trans.__("Reading the schedules…")));
    this.element = html("div", { class: "jfl-view" }, html("div", { class: "jfl-scroll" }, this.said, this.list, this.rest));
  }

  shown(): void {
    this.flows.live.changed.connect(this.changed);
    this.clock = setInterval(() => void this.read(), 15_000);
    void this.read();
  }

  hidden(): void {
    this.flows.live.changed.disconnect(this.changed);
    clearInterval(this.clock);
    clearTimeout(this.due);
    this.due = undefined;
  }

  focus(): void {
    this.list.querySelector<HTMLElement>(".jfl-schedule")?.focus();
  }

  private readonly changed = (_: unknown, change: Change): void => {
    if (change.what !== "run" || this.backfills.length) {
      this.due ??= setTimeout(() => {
        this.due = undefined;
        void this.read();
      }, 300);
    }
  };

  private async read(): Promise<void> {
    const { trans, client } = this.flows;
    const isNews = this.answers.ask();
    try {
      const [{ schedules }, { backfills }] = await Promise.all([client.schedules(), client.backfills({ unfinished: true })]);
      if (!isNews()) {
        return;
      }
      this.schedules = schedules;
      this.backfills = backfills;
      this.rest.replaceChildren(...(this.schedules.length ? [] : [this.nothing()]));
      this.draw();
    } catch (error) {
      if (isNews()) {
        this.rest.replaceChildren(problem(error, { words: trans.__("Try again"), does: () => void this.read() }));
      }
    }
  }

  private nothing(): HTMLElement {
    const { trans } = this.flows;
    const words = trans.__("Click a notebook in the file browser with the right button and choose Schedule…: it shows the next ten times before anything is saved.");
    return html("div", { class: "jfl-empty" }, html("b", {}, trans.__("Nothing is scheduled")), html("p", {}, words));
  }

  private draw(): void {
    const now = new Date();
    const said = new Set<string>(); // a backfill may be that of several schedules
    const wanted = this.schedules.map((schedule) => {
      let row = this.rows.get(schedule.id);
      const backfills = this.backfills.filter((one) => one.deployment_id === schedule.deployment_id && !said.has(one.id));
      backfills.forEach((one) => said.add(one.id));
      const drawn = JSON.stringify([schedule, backfills, this.sure === schedule.id, schedule.next[0] && until(schedule.next[0].at, now)]);
      if (!row) {
        row = html("li", { class: "jfl-schedule", tabindex: -1 });
        this.rows.set(schedule.id, row);
      }
      if (row.dataset.drawn !== drawn) {
        row.dataset.drawn = drawn;
        const held = row.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.act : undefined;
        row.replaceChildren(...this.parts(schedule, now), ...backfills.map((one) => backfillLine(this.flows, one, () => this.cancel(one))));
        row.setAttribute("aria-label", [schedule.deployment, schedule.description, schedule.paused ? this.flows.trans.__("paused") : ""].filter(Boolean).join(", "));
        row.querySelector<HTMLElement>(`[data-act="${held ?? ""}"]`)?.focus();
      }
      return row;
    });
    reconcile(this.list, wanted);
    this.list.querySelector(".jfl-schedule")?.setAttribute("tabindex", "0");
  }

  private parts(schedule: Schedule, now: Date): HTMLElement[] {
    const { trans } = this.flows;
    const [first, ...later] = schedule.next;
    const next = schedule.paused ? trans.__("paused") : first ? until(first.at, now) : trans.__("no time left");
    const times = html("span", { class: "jfl-mut" }, [first, ...later].flatMap((one) => (one ? [when(one.at, now)] : [])).join(" · "));
    times.title = schedule.next.map((one) => exactly(one.at)).join("\n");
    const name = schedule.deployment + (schedule.name === "schedule" ? "" : ` · ${schedule.name}`);
    return [
      html("div", { class: "jfl-line" }, html("b", { class: "jfl-run-title" }, name), html("span", { class: schedule.paused ? "s-paused" : "jfl-mut" }, next)),
      html("div", {}, schedule.description),
      times,
      html("div", { class: "jfl-acts" }, ...this.buttons(schedule)),
    ];
  }

  private buttons(schedule: Schedule): HTMLElement[] {
    const { trans, client } = this.flows;
    const button = (id: string, words: string, tip: string, does: () => void): HTMLElement => {
      const made = act(words, tip, does);
      made.dataset.act = id;
      made.setAttribute("aria-label", `${words}: ${schedule.deployment}`);
      return made;
    };
    const pause = schedule.paused
      ? button("pause", trans.__("Start"), trans.__("Let it run by itself again"), () => this.attempt(trans.__("%1 runs by itself again", schedule.deployment), client.pauseSchedule(schedule.id, false)))
      : button("pause", trans.__("Pause"), trans.__("No run begins by itself until it is started again"), () => this.attempt(trans.__("%1 is paused", schedule.deployment), client.pauseSchedule(schedule.id, true)));
    const run = button("run", trans.__("Run now"), trans.__("Once, with its parameters"), () => this.runNow(schedule));
    const edit = button("edit", trans.__("Edit…"), trans.__("Change when it runs"), () => void this.commands.execute(Command.editSchedule, { id: schedule.id }));
    (edit as HTMLButtonElement).disabled = schedule.form === null || !isSayable(schedule.form);
    const past = button("backfill", trans.__("Backfill…"), trans.__("Run times of the past, each with its own parameters"), () => void this.commands.execute(Command.backfill, { id: schedule.id }));
    const sure = this.sure === schedule.id;
    const remove = button("delete", sure ? trans.__("Really delete") : trans.__("Delete"), trans.__("Its runs stay in the history"), () => this.remove(schedule, sure));
    remove.classList.toggle("jfl-danger", sure);
    const { may } = this.flows;
    return [...(may.execute ? [run, past] : []), ...(may.write ? [pause, edit, remove] : [])];
  }

  private runNow(schedule: Schedule): void {
    this.flows.client.runDeployment(schedule.deployment_id).then(
      ({ run, runners }) => {
        const { trans } = this.flows;
        this.say(runners ? trans.__("%1 begins", run.title) : trans.__("%1 waits: no runner is there", run.title));
        void this.commands.execute(Command.openRun, { id: run.id, title: run.title });
      },
      (error: unknown) => this.say(told(error)),
    );
  }

  private remove(schedule: Schedule, sure: boolean): void {
    if (sure) {
      this.sure = undefined;
      this.attempt(this.flows.trans.__("The schedule of %1 is deleted", schedule.deployment), this.flows.client.deleteSchedule(schedule.id));
    } else {
      this.sure = schedule.id;
      this.draw();
      setTimeout(() => {
        this.sure = this.sure === schedule.id ? undefined : this.sure;
        this.draw();
      }, 6000);
    }
  }

  private cancel(backfill: Backfill): void {
    this.attempt(this.flows.trans.__("The backfill of %1 is cancelled", backfill.deployment), this.flows.client.cancelBackfill(backfill.id));
  }

  private attempt(words: string, answer: Promise<unknown>): void {
    answer.then(
      () => this.say(words),
      (error: unknown) => this.say(told(error)),
    );
  }

  private say(words: string): void {
    this.said.textContent = words;
    this.said.hidden = false;
    void this.read();
  }
}
