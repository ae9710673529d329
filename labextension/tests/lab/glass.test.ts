import assert from "node:assert/strict";
import { test } from "node:test";

import { glassed } from "../../src/lab/run/glass";

test("a page behind glass begins with a policy that lets it load and run nothing", () => {
  assert.match(glassed("<script>1</script>"), /^<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
});
