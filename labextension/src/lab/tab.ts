// Where a page goes: a tab of Lab's main area; in a front end with room for one document only, a window over it.

import type { ILabShell, JupyterFrontEnd } from "@jupyterlab/application";
import { Dialog, MainAreaWidget } from "@jupyterlab/apputils";
import type { Widget } from "@lumino/widgets";

/** Put a page where it can be seen. */
export function openTab<Page extends Widget>(app: JupyterFrontEnd, shell: ILabShell | null, content: Page, id: string, close: string): MainAreaWidget<Page> | undefined {
  if (shell) {
    const tab = new MainAreaWidget({ content });
    tab.id = id;
    tab.title.label = content.title.label;
    tab.title.icon = content.title.icon;
    app.shell.add(tab, "main");
    app.shell.activateById(id);
    return tab;
  }
  const window = new Dialog({ title: content.title.label, body: content, buttons: [Dialog.cancelButton({ label: close })], hasClose: true });
  window.addClass("jfl-window");
  content.disposed.connect(() => window.reject()); // not disposed of: the next window waits for its end
  void window.launch().catch(() => undefined);
  return undefined;
}
