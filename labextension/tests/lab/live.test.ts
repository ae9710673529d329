import assert from "node:assert/strict";
import { test } from "node:test";

import type { Client } from "../../src/lab/client";
import { Live } from "../../src/lab/live";

/** A socket that says what it is told to. */
class Socket {
  static all: Socket[] = [];
  onmessage: ((message: { data: string }) => void) | undefined;
  onclose: (() => void) | undefined;

  constructor(readonly address: string) {
    Socket.all.push(this);
  }

  say(event: object): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  close(): void {
    this.onclose?.();
  }
}

function listening(): { live: Live; heard: string[] } {
  Socket.all = [];
  const client = { connection: { WebSocket: Socket }, events: (seen: object) => JSON.stringify(seen) };
  const live = new Live(client as unknown as Client);
  const heard: string[] = [];
  live.changed.connect((_, change) => heard.push(change.what));
  live.start();
  return { live, heard };
}

test("whoever begins to listen, or cannot be told what was missed, reads all anew", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, heard } = listening();
  Socket.all[0]?.say({ type: "hello", seq: 3, log: "a", resumed: false });
  assert.deepEqual(heard, ["all"]);
  Socket.all[0]?.say({ type: "followed", seq: 4 });
  assert.deepEqual(heard, ["all", "all"]);
  Socket.all[0]?.close();
  context.mock.timers.tick(500);
  assert.equal(Socket.all[1]?.address, JSON.stringify({ after: 4, log: "a" }));
  Socket.all[1]?.say({ type: "hello", seq: 4, log: "a", resumed: true });
  assert.deepEqual([heard.length, live.way], [2, "live"]);
});

test("a socket on which nothing is said is given up, and it is asked again and again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, heard } = listening();
  for (let tries = 0; tries < 3; tries += 1) {
    context.mock.timers.tick(10_000);
    context.mock.timers.tick(2000);
  }
  assert.equal(live.way, "polling");
  assert.ok(Socket.all.length >= 3);
  assert.ok(heard.includes("all"));
  live.stop();
});

test("a socket that has greeted stays, however quiet it is", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live } = listening();
  Socket.all[0]?.say({ type: "hello", seq: 0, log: "a", resumed: false });
  context.mock.timers.tick(3_600_000);
  assert.deepEqual([Socket.all.length, live.way], [1, "live"]);
  live.stop();
});
