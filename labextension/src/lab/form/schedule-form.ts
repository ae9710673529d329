// The form that runs or schedules a notebook: made from the notebook's parameters, checked and previewed as one types.

import type { CommandRegistry } from "@lumino/commands";

import { html } from "../../dom";
import { Refused, told } from "../client";
import type { IFlows } from "../flows";
import { Command } from "../flows";
import { act, problem } from "../screen";
import type { NotebookParameters, Schedule, ScheduleForm } from "../shapes";
import { ParameterFields } from "./parameter-fields";
import { previewView } from "./preview-view";
import { clocks } from "./times-form";
import { TimesFields } from "./times-fields";

/** What a form is opened for: a notebook that is to run now or by a schedule, or a schedule that is to be changed. */
export type Subject = { path: string; now: boolean } | { schedule: Schedule };

const REST_MS = 250;

export class ScheduleFormView {
  readonly element: HTMLElement;
  private readonly times: TimesFields;
  private readonly fields: ParameterFields;
  private readonly name: HTMLInputElement;
  private readonly preview = html("div", { class: "jfl-preview", role: "status", "aria-label": "Next runs" });
  private readonly said = html("div", { class: "jfl-wrong", role: "alert" });
  private readonly submit: HTMLButtonElement;
  private readonly scheduleOnly: HTMLElement[] = [];
  private asked = 0;
  private due: ReturnType<typeof setTimeout> | undefined;
  private replaces = false;

  constructor(
    private readonly commands: CommandRegistry,
    private readonly flows: IFlows,
    private readonly subject: Subject,
    notebook: NotebookParameters | undefined,
    private readonly done: () => void,
  ) {
    const { trans } = flows;
    const now = "path" in subject && subject.now;
    const changed = (): void => this.soon();
    this.times = new TimesFields(trans, "schedule" in subject ? subject.schedule.form ?? {} : undefined, now, "schedule" in subject, changed);
    this.fields = new ParameterFields(notebook?.parameters ?? [], false, trans, changed);
    this.name = html("input", { class: "jfl-field jfl-grow", id: "jfl-deployment-name", placeholder: notebook?.name ?? "", autocomplete: "off" });
    this.submit = act("", "", () => void this.send(), "main");
    this.submit.type = "submit";
    const name = html("div", { class: "jfl-row" }, html("label", { for: this.name.id }, trans.__("Name")), this.name);
    this.scheduleOnly.push(this.preview, ...("schedule" in subject ? [] : [name]));
    const head = "schedule" in subject ? trans.__("Schedule of %1", subject.schedule.deployment) : notebook?.name ?? "";
    const none = notebook && !notebook.parameters.length ? [html("div", { class: "jfl-mut" }, notebook.explanation)] : [];
    const form = html(
      "form",
      { class: "jfl-form", "aria-label": head, novalidate: true },
      html("h1", {}, head),
      ...("path" in subject ? [html("div", { class: "jfl-mut" }, subject.path)] : []),
      this.times.element,
      ...(notebook ? [html("h2", {}, trans.__("Parameters")), ...none, ...this.fields.elements] : []),
      ...(this.scheduleOnly.length > 1 ? [name] : []),
      this.preview,
      this.said,
      html("div", { class: "jfl-acts jfl-end" }, act(trans.__("Close"), "", () => this.done()), this.submit),
    );
    form.addEventListener("submit", (event) => event.preventDefault());
    this.element = form;
    this.soon();
  }

  focus(): void {
    this.element.querySelector<HTMLElement>("input:checked")?.focus();
  }

  private get isNow(): boolean {
    return this.times.value.mode === "now";
  }

  private schedule(): Partial<ScheduleForm> | undefined {
    const when = clocks(this.times.value);
    return when && { ...when, ...this.times.policies };
  }

  private soon(): void {
    const { trans } = this.flows;
    const words = "schedule" in this.subject ? trans.__("Save") : this.isNow ? trans.__("Run") : this.replaces ? trans.__("Replace") : trans.__("Schedule");
    this.submit.textContent = words;
    this.submit.title = words;
    for (const element of this.scheduleOnly) {
      element.hidden = this.isNow;
    }
    clearTimeout(this.due);
    this.due = setTimeout(() => void this.look(), REST_MS);
  }

  /** Ask what all this means, before anything is saved. */
  private async look(): Promise<void> {
    const asked = ++this.asked;
    const parameters = this.fields.read();
    const schedule = this.schedule();
    this.said.textContent = "";
    if (!schedule) {
      this.fields.fill({});
      return;
    }
    const path = "path" in this.subject ? { path: this.subject.path } : {};
    try {
      const preview = await this.flows.client.preview({ schedule, parameters: parameters ?? {}, ...path });
      if (asked !== this.asked) {
        return;
      }
      this.fields.tell(preview.problems);
      this.fields.fill(preview.next[0]?.parameters ?? {});
      this.preview.replaceChildren(...previewView(preview, this.flows.trans));
    } catch (error) {
      if (asked === this.asked) {
        const problems = error instanceof Refused ? Object.values(error.answer.problems) : [];
        this.preview.replaceChildren(html("div", { class: "jfl-wrong" }, problems.join(" ") || told(error)));
      }
    }
  }

  private async send(): Promise<void> {
    const parameters = this.fields.read();
    if (!parameters) {
      this.element.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      return;
    }
    this.submit.disabled = true;
    try {
      await this.act(parameters);
      this.done();
    } catch (error) {
      this.refused(error);
    } finally {
      this.submit.disabled = false;
    }
  }

  private async act(parameters: Record<string, unknown>): Promise<void> {
    const { client } = this.flows;
    const schedule = this.schedule();
    if ("schedule" in this.subject) {
      await client.editSchedule(this.subject.schedule.id, schedule ?? {});
      await this.commands.execute(Command.panel);
    } else if (schedule) {
      const name = this.name.value.trim();
      const form = { path: this.subject.path, parameters, schedule: schedule as ScheduleForm, replace: this.replaces, ...(name ? { name } : {}) };
      await client.deploy(form);
      await this.commands.execute(Command.panel, { tab: "schedules" });
    } else {
      const { run } = await client.start(this.subject.path, parameters);
      await (run ? this.commands.execute(Command.openRun, { id: run.id, title: run.title }) : this.commands.execute(Command.panel));
    }
  }

  /** Say what was wrong beside the field that it is about; offer to replace what has the name already. */
  private refused(error: unknown): void {
    const { trans } = this.flows;
    const problems = this.fields.tell(error instanceof Refused ? error.answer.problems : {});
    const rest = Object.entries(problems).map(([name, words]) => `${name}: ${words}`);
    this.said.replaceChildren(...(rest.length ? rest : [told(error)]).map((words) => html("div", {}, words)));
    if (error instanceof Refused && error.status === 409 && !this.replaces) {
      this.said.append(
        act(trans.__("Replace it"), trans.__("Keep this as its next version"), () => {
          this.replaces = true;
          void this.send();
        }),
      );
    }
  }
}

/** A form that could not be made. */
export function formProblem(error: unknown, flows: IFlows, again: () => void): HTMLElement {
  return problem(error, { words: flows.trans.__("Try again"), does: again });
}
