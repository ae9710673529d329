// What a run attached: text as text, pictures as pictures, and pages only behind glass (a frame that may do nothing).

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { Answers } from "../answers";
import type { Client } from "../client";
import { told } from "../client";
import { act, problem, waiting } from "../screen";
import type { Artifact, RunDetail } from "../shapes";
import { exactly, when } from "../times";
import { glassed } from "./glass";

const MOST = 200_000; // letters of a text that are shown
const SMALL = 200_000; // bytes of a page that is shown without being asked for

export class ArtifactsView {
  readonly element: HTMLElement;
  private drawn = "";
  private readonly answers = new Answers();

  constructor(
    private readonly client: Client,
    private readonly trans: TranslationBundle,
  ) {
    this.element = html("div", { class: "jfl-section" }, waiting(trans.__("Reading what it attached…")));
  }

  show(detail: RunDetail): void {
    void this.read(detail);
  }

  private async read(detail: RunDetail): Promise<void> {
    const isNews = this.answers.ask();
    try {
      const { artifacts } = await this.client.artifacts(detail.run.id);
      const drawn = JSON.stringify([artifacts, detail.files]);
      if (!isNews() || drawn === this.drawn) {
        return;
      }
      this.drawn = drawn;
      const files = detail.files.map((file) => {
        const size = `${(file.size / 1000).toFixed(1)} kB`;
        return html("li", {}, file.name === "page" || file.name === "graph" ? this.frameButton(file.file, file.url) : html("b", {}, file.file), " ", html("span", { class: "jfl-mut" }, size), " ", this.save(file.url, file.file));
      });
      const none = files.length || artifacts.length ? [] : [html("div", { class: "jfl-mut" }, this.trans.__("It attached nothing, and wrote no file."))];
      this.element.replaceChildren(...artifacts.map((artifact) => this.one(artifact)), ...(files.length ? [html("h2", {}, this.trans.__("Files")), html("ul", { class: "jfl-files" }, ...files)] : []), ...none);
    } catch (error) {
      if (isNews()) {
        this.drawn = "";
        this.element.replaceChildren(problem(error, { words: this.trans.__("Try again"), does: () => void this.read(detail) }));
      }
    }
  }

  private one(artifact: Artifact): HTMLElement {
    const name = artifact.key ?? artifact.description ?? artifact.kind;
    const about = [artifact.task, artifact.key ? artifact.description : "", when(artifact.at)].filter(Boolean).join(" · ");
    const box = html("section", { class: "jfl-artifact", "aria-label": name || artifact.kind }, html("div", { class: "jfl-line" }, html("b", {}, name || artifact.kind), html("span", { class: "jfl-mut", title: exactly(artifact.at) }, about)));
    if (artifact.kind === "progress" && artifact.progress !== null) {
      box.append(html("progress", { max: 1, value: artifact.progress, "aria-label": name || "progress" }));
    }
    if (artifact.url && /^https?:\/\//i.test(artifact.url)) {
      box.append(html("a", { href: artifact.url, target: "_blank", rel: "noopener noreferrer" }, artifact.url));
    }
    const content = artifact.content;
    if (content) {
      if (artifact.shown === "image") {
        box.append(html("img", { src: this.client.address(content), alt: artifact.description || name, loading: "lazy" }));
      } else if (artifact.shown === "text") {
        const text = html("pre", { class: "jfl-artifact-text", tabindex: 0 }, this.trans.__("Reading…"));
        box.append(text);
        this.client.text(content).then(
          (read) => text.replaceChildren(read.length > MOST ? `${read.slice(0, MOST)}…` : read),
          (error: unknown) => text.replaceChildren(told(error)),
        );
      } else if (artifact.media_type?.startsWith("text/html")) {
        const frame = this.frameButton(name, content);
        box.append(frame);
        if (artifact.kind === "table" && (artifact.size ?? SMALL) < SMALL) {
          frame.classList.add("jfl-low");
          frame.querySelector("button")?.click();
        }
      }
      box.append(html("div", {}, this.save(content, name)));
    }
    return box;
  }

  private save(path: string, name: string): HTMLElement {
    return html("a", { href: `${this.client.address(path)}?download=true`, download: "", "aria-label": this.trans.__("Download %1", name) }, this.trans.__("Download"));
  }

  /** A page is shown on demand, in a frame without any right. */
  private frameButton(name: string, path: string): HTMLElement {
    const holder = html("div", { class: "jfl-framed" });
    const show = act(this.trans.__("Show %1", name), "", () => {
      show.remove();
      this.client.text(path).then(
        (source) => holder.append(html("iframe", { sandbox: "", srcdoc: glassed(source), title: name, referrerpolicy: "no-referrer", class: "jfl-frame" })),
        (error: unknown) => holder.append(told(error)),
      );
    });
    holder.append(show);
    return holder;
  }
}
