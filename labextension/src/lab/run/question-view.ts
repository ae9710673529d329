// What a paused run asks for, and the button that lets it go on.

import { html } from "../../dom";
import { Refused, told } from "../client";
import type { IFlows } from "../flows";
import { stateIcon } from "../look";
import { act } from "../screen";
import type { Question } from "../shapes";
import { when } from "../times";

/** Draw a question; an answer is JSON, or plain words where those are asked for. */
export function questionView(flows: IFlows, run: string, question: Question, said: (words: string) => void): HTMLElement {
  const { trans, client } = flows;
  const schema = question.schema as { type?: unknown };
  const asksNothing = Object.keys(question.schema).length === 0;
  const isText = schema.type === "string";
  const wrong = html("div", { class: "jfl-wrong", role: "alert" });
  const field = html("input", { class: "jfl-field jfl-grow", "aria-label": trans.__("Answer"), placeholder: isText ? "" : trans.__("as JSON: 3, true, [1, 2], {\"day\": \"2013-01-15\"}") });
  const send = (input: unknown): void => {
    const form = asksNothing ? { key: question.key } : { key: question.key, input };
    client.resume(run, form).then(
      () => said(trans.__("It goes on.")),
      (error: unknown) => {
        const problems = error instanceof Refused ? Object.values(error.answer.problems) : [];
        wrong.textContent = problems.join(" ") || told(error);
      },
    );
  };
  const approve = act(asksNothing ? trans.__("Approve") : trans.__("Answer"), trans.__("Let the run go on"), () => {
    try {
      send(asksNothing ? undefined : isText ? field.value : JSON.parse(field.value));
    } catch {
      wrong.textContent = trans.__("That is no JSON.");
    }
  }, "main");
  field.addEventListener("keydown", (event) => event.key === "Enter" && approve.click());
  const words = question.words || trans.__("This run waits for your word to go on.");
  const until = question.expires_at ? trans.__("until %1", when(question.expires_at)) : "";
  return html(
    "section",
    { class: "jfl-cause jfl-question", "aria-label": trans.__("It waits for you") },
    html("div", { class: "jfl-cause-words" }, stateIcon("paused"), html("span", {}, words, " ", html("span", { class: "jfl-mut" }, until))),
    html("div", { class: "jfl-line" }, ...(asksNothing ? [] : [field]), approve),
    wrong,
  );
}
