// What happens, as it happens: a websocket that resumes where it broke off, and asking again and again where there is none.

import type { ISignal } from "@lumino/signaling";
import { Signal } from "@lumino/signaling";

import type { Client } from "./client";
import type { LiveEvent, RunBrief } from "./shapes";

/** What has changed: one run, what is deployed, or anything (load all of it anew). */
export type Change = { what: "run"; run: RunBrief } | { what: "deployments" } | { what: "all" };

/** How changes come to be known. */
export type Way = "connecting" | "live" | "polling" | "off";

const POLL_MS = 4000;
const AGAIN_MS = [500, 1000, 2000, 5000, 10_000];
const GREETED_MS = 10_000; // after which a socket on which nothing is said is given up

export class Live {
  private readonly told = new Signal<this, Change>(this);
  private readonly turned = new Signal<this, Way>(this);
  private socket: WebSocket | undefined;
  private seen: { log?: string; after?: number } = {};
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private now: Way = "off";
  /** What is wrong with the store, in words; empty when nothing is. */
  trouble = "";

  constructor(private readonly client: Client) {}

  get changed(): ISignal<this, Change> {
    return this.told;
  }

  get wayChanged(): ISignal<this, Way> {
    return this.turned;
  }

  get way(): Way {
    return this.now;
  }

  /** Begin to listen; further calls change nothing. */
  start(): void {
    if (this.now === "off") {
      this.connect();
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.turn("off");
    this.socket?.close();
    this.socket = undefined;
  }

  private connect(): void {
    this.turn(this.failures > 1 ? "polling" : "connecting");
    const socket = new this.client.connection.WebSocket(this.client.events(this.seen));
    this.socket = socket;
    socket.onmessage = (message: MessageEvent<unknown>) => this.hear(JSON.parse(String(message.data)) as LiveEvent);
    socket.onclose = () => this.lost(socket);
    this.timer = setTimeout(() => socket.close(), GREETED_MS);
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket || this.now === "off") {
      return;
    }
    clearTimeout(this.timer);
    this.failures += 1;
    this.turn(this.failures > 1 ? "polling" : "connecting");
    const wait = AGAIN_MS[Math.min(this.failures, AGAIN_MS.length) - 1] ?? POLL_MS;
    this.timer = setTimeout(() => {
      if (this.failures > 1) {
        this.told.emit({ what: "all" });
      }
      this.connect();
    }, wait);
  }

  private hear(event: LiveEvent): void {
    if (event.type !== "hello" || !event.resumed) {
      this.seen.after = event.seq; // what was missed comes after the greeting, which has a later number
    }
    if (event.type === "hello") {
      clearTimeout(this.timer);
      this.seen.log = event.log;
      this.failures = 0;
      this.turn("live");
      if (!event.resumed) {
        this.told.emit({ what: "all" });
      }
    } else if (event.type === "run") {
      this.told.emit({ what: "run", run: event.run });
    } else if (event.type === "deployments") {
      this.told.emit({ what: "deployments" });
    } else if (event.type === "followed") {
      this.told.emit({ what: "all" });
    } else {
      this.trouble = event.type === "trouble" ? event.problem.message : "";
      this.told.emit({ what: "all" });
    }
  }

  private turn(way: Way): void {
    if (way !== this.now) {
      this.now = way;
      this.turned.emit(way);
    }
  }
}
