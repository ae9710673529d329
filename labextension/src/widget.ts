// The widget of a kernel: it finds the saved pictures of graphs in the page and draws the live ones over them.
//
// The outputs themselves hold only the picture. So what is saved, at any moment, needs no script; and a page that is
// loaded again while the kernel lives becomes live again, since the widget is restored with the kernel.

import type { Message } from "./model";
import { addStyle } from "./style";
import { View } from "./view";

/** As much of a kernel's connection as is needed to speak on its control channel. */
interface Kernel {
  clientId?: string;
  username?: string;
  sendControlMessage?(message: unknown, expectReply: boolean, disposeOnDone: boolean): unknown;
}

interface Model {
  get(name: string): unknown;
  widget_manager?: { kernel?: Kernel | null };
  on(event: string, callback: (message: unknown) => void): void;
  off(event: string, callback?: (message: unknown) => void): void;
  send(content: unknown): void;
}

const MARK = "jupyter-flows-graph";
const ID = /^jupyter-flows-([0-9a-f]{12})$/;

function idOf(host: Element): string | undefined {
  for (const name of host.classList) {
    const id = ID.exec(name)?.[1];
    if (id) {
      return id;
    }
  }
  return undefined;
}

/** Send a message to the kernel; one without subshells hears it while a cell runs only on its control channel. */
function send(model: Model, content: Record<string, unknown>): void {
  const comm = model.get("on_control");
  const kernel = model.widget_manager?.kernel;
  if (!comm || !kernel?.sendControlMessage) {
    model.send(content);
    return;
  }
  const header = {
    msg_id: `${Date.now()}-${Math.random()}`,
    msg_type: "comm_msg",
    session: kernel.clientId ?? "",
    username: kernel.username ?? "",
    date: new Date().toISOString(),
    version: "5.3",
  };
  const data = { method: "custom", content };
  const message = { channel: "control", header, parent_header: {}, metadata: {}, content: { comm_id: comm, data }, buffers: [] };
  kernel.sendControlMessage(message, false, true);
}

class Page {
  private readonly views = new Map<string, View>();
  private readonly asked = new WeakSet<Element>();
  private readonly observer = new MutationObserver(() => this.look());

  constructor(private readonly model: Model) {
    addStyle();
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.look();
  }

  hear = (content: unknown): void => {
    const message = content as Message & { graph?: unknown };
    const id = (content as { graph?: unknown }).graph;
    if (typeof id !== "string" || message.type === "unknown") {
      return;
    }
    // A whole graph travels beside the id of its display.
    const told = (content as { type: string; whole?: unknown }).type === "whole" ? ({ type: "whole", graph: (content as { whole: unknown }).whole } as Message) : message;
    let view = this.views.get(id);
    if (!view && told.type === "whole") {
      view = new View((question) => send(this.model, { graph: id, ...question }));
      this.views.set(id, view);
    }
    view?.hear(told);
    this.look();
  };

  /** Put each live graph over its picture; a picture that was replaced gets it again before anybody sees that. */
  private look(): void {
    for (const host of document.getElementsByClassName(MARK)) {
      const id = idOf(host);
      const view = id === undefined ? undefined : this.views.get(id);
      if (view && view.element.parentElement !== host && !view.element.isConnected) {
        host.append(view.element);
        host.classList.add("jf-mounted");
        view.placed();
      } else if (!view && id !== undefined && !this.asked.has(host)) {
        this.asked.add(host);
        send(this.model, { graph: id, type: "open" });
      }
    }
  }

  close(): void {
    this.observer.disconnect();
    for (const view of this.views.values()) {
      view.element.parentElement?.classList.remove("jf-mounted");
      view.close();
    }
  }
}

export default {
  initialize({ model }: { model: Model }): () => void {
    const page = new Page(model);
    model.on("msg:custom", page.hear);
    return () => {
      model.off("msg:custom", page.hear);
      page.close();
    };
  },
};
