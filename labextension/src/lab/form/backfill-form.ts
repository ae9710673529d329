// The form that runs the past times of a schedule: a range, what of it would run, and then how far it is.

import { html } from "../../dom";
import { Answers } from "../answers";
import { backfillBar } from "../backfill-line";
import { backfillWords, midnight } from "../backfill-words";
import { Refused, told } from "../client";
import type { IFlows } from "../flows";
import { given } from "../given";
import { act } from "../screen";
import type { Backfill, BackfillForm, BackfillPreview, DeploymentParameters, Schedule } from "../shapes";
import { ParameterFields } from "./parameter-fields";
import { wall } from "./preview-view";
import { choice, row } from "./rows";

const REST_MS = 250;
const LOOK_MS = 2000; // between two looks at one that goes on
const SHOWN = 60; // times of the preview
const DAYS = 7; // of the range that is offered first

export class BackfillFormView {
  readonly element: HTMLElement;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly most = html("input", { class: "jfl-field", type: "number", min: 1, max: 1000, value: "1" });
  private readonly preview = html("div", { class: "jfl-preview", role: "status" });
  private readonly said = html("div", { class: "jfl-wrong", role: "alert" });
  private readonly submit: HTMLButtonElement;
  private readonly fields: ParameterFields;
  private again: BackfillForm["again"] = "none";
  private asked = 0;
  private due: ReturnType<typeof setTimeout> | undefined;
  private look: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly flows: IFlows,
    private readonly schedule: Schedule,
    takes: DeploymentParameters,
    private readonly done: () => void,
  ) {
    const { trans } = flows;
    const field = (value: string): HTMLInputElement => html("input", { class: "jfl-field", type: "datetime-local", value, required: "" });
    this.from = field(midnight(DAYS));
    this.to = field(midnight(0));
    for (const one of [this.from, this.to, this.most]) {
      one.addEventListener("input", () => this.soon());
    }
    const again = choice(
      trans.__("Times that ran before"),
      [["none", trans.__("Leave alone")], ["failed", trans.__("Again if not completed")], ["all", trans.__("All again")]] as const,
      this.again,
      (value) => {
        this.again = value;
        this.soon();
      },
    );
    this.fields = new ParameterFields(takes.parameters, takes.others, trans, () => this.soon());
    this.submit = act(trans.__("Run"), "", () => void this.send(), "main");
    this.submit.type = "submit";
    const mut = (words: string): HTMLElement => html("span", { class: "jfl-mut" }, words);
    const head = trans.__("Backfill of %1", schedule.deployment);
    const form = html(
      "form",
      { class: "jfl-form", "aria-label": head, novalidate: true },
      html("h1", {}, head),
      html("div", { class: "jfl-mut" }, schedule.description),
      row(trans.__("From"), this.from, mut(trans.__("on the clock of the schedule"))),
      row(trans.__("To"), this.to, mut(trans.__("itself left out"))),
      row(trans.__("At a time"), this.most, mut(trans.__("runs at most"))),
      row(trans.__("Times that ran before"), again),
      html("h2", {}, trans.__("Parameters")),
      mut(takes.explanation || trans.__("What is left empty is as the schedule has it.")),
      ...this.fields.elements,
      this.preview,
      this.said,
      html("div", { class: "jfl-acts jfl-end" }, act(trans.__("Close"), "", () => this.done()), this.submit),
    );
    form.addEventListener("submit", (event) => event.preventDefault());
    this.element = html("div", {}, form);
    this.soon();
  }

  focus(): void {
    this.from.focus();
  }

  close(): void {
    clearTimeout(this.due);
    clearInterval(this.look);
  }

  /** What is asked for; undefined where a parameter is wrong. */
  private read(): Partial<BackfillForm> | undefined {
    const parameters = this.fields.read();
    return parameters && { parameters, from: this.from.value, to: this.to.value, again: this.again, max_active: Number(this.most.value), schedule: this.schedule.name };
  }

  private soon(): void {
    clearTimeout(this.due);
    this.due = setTimeout(() => void this.foretell(), REST_MS);
  }

  /** Ask what would run, before anything does. */
  private async foretell(): Promise<void> {
    const asked = ++this.asked;
    const form = this.read();
    this.said.textContent = "";
    if (!form) {
      this.submit.disabled = true;
      this.preview.replaceChildren();
      return;
    }
    try {
      const preview = await this.flows.client.previewBackfill(this.schedule.deployment_id, form);
      if (asked === this.asked) {
        this.draw(preview);
      }
    } catch (error) {
      if (asked === this.asked) {
        const words = this.refused(error);
        this.preview.replaceChildren(...(words ? [html("div", { class: "jfl-wrong" }, words)] : []));
        this.submit.disabled = true;
      }
    }
  }

  private draw(preview: BackfillPreview): void {
    const { trans } = this.flows;
    const { to_run: number, ticks } = preview;
    const rows = ticks.slice(0, SHOWN).map(({ at, parameters, before }) => {
      return html("tr", {}, html("td", {}, wall(at)), html("td", { class: "jfl-mut" }, given(parameters).join(", ")), html("td", { class: "jfl-mut" }, before ? trans.__("was %1", before.state) : ""));
    });
    const more = number > rows.length ? [html("div", { class: "jfl-mut" }, trans.__("… and %1 more", number - rows.length))] : [];
    const left = [
      preview.completed ? trans.__("%1 completed already", preview.completed) : "",
      preview.unfinished ? trans.__("%1 wait or go on", preview.unfinished) : "",
      preview.failed ? trans.__("%1 did not complete", preview.failed) : "",
    ].filter(Boolean);
    const alone = left.length ? [html("div", { class: "jfl-mut" }, trans.__("Left alone: %1.", left.join(", ")))] : [];
    const words = number ? trans._n("%1 run, for this time", "%1 runs, one for each of these times", number) : trans.__("Nothing is to be run");
    const waits = number && !preview.runners ? [html("div", { class: "jfl-mut" }, trans.__("No runner is there: they wait until one starts (jupyter flows runner)."))] : [];
    const table = html("table", { class: "jfl-next" }, html("caption", {}, words), html("tbody", {}, ...rows));
    this.preview.replaceChildren(...(number ? [table] : [html("b", {}, words)]), ...more, ...alone, ...waits);
    this.submit.textContent = number ? trans._n("Run it", "Run all %1", number) : trans.__("Run");
    this.submit.disabled = number === 0;
  }

  private async send(): Promise<void> {
    const form = this.read();
    this.submit.disabled = true;
    if (!form) {
      return;
    }
    try {
      this.follow(await this.flows.client.backfill(this.schedule.deployment_id, form));
    } catch (error) {
      this.said.textContent = this.refused(error);
      this.submit.disabled = false;
    }
  }

  /** Say what is wrong beside the field that it is about, and give back what is about none. */
  private refused(error: unknown): string {
    const problems = error instanceof Refused ? error.answer.problems : {};
    const rest = Object.values(this.fields.tell(problems));
    return Object.keys(problems).length ? rest.join(" ") : told(error);
  }

  /** Show how far it is, until it is over. */
  private follow(backfill: Backfill): void {
    const { trans, client } = this.flows;
    const bar = html("div");
    const words = html("div", { role: "status" });
    const said = html("div", { class: "jfl-wrong", role: "alert" });
    const cancel = act(trans.__("Cancel the backfill"), trans.__("What has not begun ends at once; what has is asked to stop"), () => {
      client.cancelBackfill(backfill.id).then(show, (error: unknown) => (said.textContent = told(error)));
    });
    const show = (now: Backfill): void => {
      const text = backfillWords(now, this.flows);
      if (words.textContent !== text) {
        words.textContent = text;
        bar.replaceChildren(backfillBar(now));
      }
      if (now.ended === now.runs) {
        cancel.hidden = true;
        this.close();
      }
    };
    const answers = new Answers();
    const read = (): void => {
      const isNews = answers.ask();
      client.backfills({ deployment: this.schedule.deployment_id }).then(
        ({ backfills }) => {
          const found = backfills.find((one) => one.id === backfill.id);
          said.textContent = "";
          if (found && isNews()) {
            show(found);
          }
        },
        (error: unknown) => (said.textContent = told(error)),
      );
    };
    show(backfill);
    this.look = setInterval(read, LOOK_MS);
    const end = act(trans.__("Close"), trans.__("It goes on by itself"), () => this.done());
    this.element.replaceChildren(
      html("div", { class: "jfl-form" }, html("h1", {}, trans.__("Backfill of %1", backfill.deployment)), bar, words, said, html("div", { class: "jfl-acts" }, cancel, end)),
    );
    end.focus();
  }
}
