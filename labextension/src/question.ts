// The question that the open details answer: it is asked again when something has happened, so that they are never old.

import type { Details } from "./model";

export type Question = Record<string, unknown>;

const REST_MS = 1000; // between two times that it is asked

export class OpenQuestion {
  private question: Question | undefined;
  private isFirst = true; // whether it was asked only once
  private waits = false; // for an answer
  private isStale = false; // whether something has happened since it was asked
  private askedAt = 0;
  private due: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: (question: Question) => void) {}

  /** What is asked; undefined where no details are open. */
  get now(): Question | undefined {
    return this.question;
  }

  open(question: Question): void {
    this.question = question;
    this.isFirst = true;
    this.send(question);
  }

  close(): void {
    clearTimeout(this.due);
    this.due = this.question = undefined;
  }

  /** What was answered is old. */
  happened(): void {
    this.isStale = true;
    this.soon();
  }

  /** It is not going to be answered. */
  refused(): void {
    this.waits = false;
  }

  /** Take an answer; say whether it is to be shown. */
  take(details: Details): boolean {
    if (!this.question) {
      return false; // closed meanwhile
    }
    this.waits = false;
    if (this.isStale) {
      this.soon();
    }
    return this.isFirst || !details.gone; // its box may have become another one: what was known of it stays
  }

  private send(question: Question): void {
    clearTimeout(this.due);
    this.due = undefined;
    this.waits = true;
    this.isStale = false;
    this.askedAt = Date.now();
    this.ask(question);
  }

  /** Ask again in a while, but never twice at once: a kernel that is busy answers when it has the time. */
  private soon(): void {
    if (!this.waits && this.question) {
      this.due ??= setTimeout(() => this.again(), Math.max(0, this.askedAt + REST_MS - Date.now()));
    }
  }

  private again(): void {
    if (this.question) {
      this.isFirst = false;
      this.send(this.question);
    }
  }
}
