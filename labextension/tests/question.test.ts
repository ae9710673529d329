import assert from "node:assert/strict";
import { test } from "node:test";

import type { Question } from "../src/question";
import { OpenQuestion } from "../src/question";

function opened(): { asked: Question[]; question: OpenQuestion } {
  const asked: Question[] = [];
  const question = new OpenQuestion((one) => asked.push(one));
  question.open({ type: "box", key: "1" });
  return { asked, question };
}

test("open details are asked for again when something has happened, once for all that did", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { asked, question } = opened();
  assert.ok(question.take({ key: "1" }));
  question.happened();
  question.happened();
  context.mock.timers.tick(1000);
  assert.deepEqual(asked, [{ type: "box", key: "1" }, { type: "box", key: "1" }]);
});

test("a question that is not answered is not asked twice, and what happened meanwhile is asked for afterwards", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { asked, question } = opened();
  question.happened();
  context.mock.timers.tick(60_000);
  assert.equal(asked.length, 1);
  question.take({ key: "1" });
  context.mock.timers.tick(0);
  assert.equal(asked.length, 2);
});

test("an answer that comes after the details were closed does not open them", () => {
  const { question } = opened();
  question.close();
  assert.equal(question.take({ key: "1" }), false);
});

test("what is known of a box stays when the box has become another one", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { question } = opened();
  assert.ok(question.take({ key: "1", gone: true }));
  question.happened();
  context.mock.timers.tick(1000);
  assert.equal(question.take({ key: "1", gone: true }), false);
});
