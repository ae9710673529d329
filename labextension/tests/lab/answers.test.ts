import assert from "node:assert/strict";
import { test } from "node:test";

import { Answers } from "../../src/lab/answers";

test("an answer that a newer one has overtaken is no news", () => {
  const answers = new Answers();
  const [first, second, third] = [answers.ask(), answers.ask(), answers.ask()];
  assert.deepEqual([second(), first(), third()], [true, false, true]);
});

test("answers that come in their order are all news, however many are waited for", () => {
  const answers = new Answers();
  const asked = [1, 2, 3].map(() => answers.ask());
  assert.deepEqual(asked.map((isNews) => isNews()), [true, true, true]);
});

test("no answer to what was asked about something else is news", () => {
  const answers = new Answers();
  const before = answers.ask();
  answers.forget();
  assert.deepEqual([before(), answers.ask()()], [false, true]);
});
