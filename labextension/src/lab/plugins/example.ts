// A notebook with a small flow, made and run at once: the way from nothing to a moving graph.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";

import { Command, IFlows } from "../flows";
import { flowsIcon } from "../icon";

const FLOW = `%load_ext jupyter_flows
import time
from jupyter_flows import flow, task

@task
def extract():
    return list(range(8))

@task
def score(x):
    time.sleep(0.4)
    return x * x

@task
def report(scores):
    return f"{sum(scores)} in all"

@flow
def example():
    return report(score.map(extract()))

example.graph()`;

const NAME = "flow-example";

function cell(source: string, id: string): object {
  return { cell_type: "code", id, metadata: {}, execution_count: null, outputs: [], source };
}

export const example: JupyterFrontEndPlugin<void> = {
  id: "jupyter-flows:example",
  description: "Makes and runs a notebook with a small flow.",
  autoStart: true,
  requires: [IFlows],
  activate: (app: JupyterFrontEnd, flows: IFlows): void => {
    const { contents } = app.serviceManager;
    const free = async (): Promise<string> => {
      const names = new Set(((await contents.get("")).content as { name: string }[]).map((file) => file.name));
      let number = 0;
      let path = `${NAME}.ipynb`;
      while (names.has(path)) {
        path = `${NAME}-${++number}.ipynb`;
      }
      return path;
    };
    app.commands.addCommand(Command.example, {
      label: flows.trans.__("Make and Run an Example Flow"),
      icon: flowsIcon,
      execute: async () => {
        const path = await free();
        const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
        const content = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [cell(FLOW, "flow"), cell("example()", "run")] };
        await contents.save(path, { type: "notebook", format: "json", content });
        const panel = (await app.commands.execute("docmanager:open", { path, factory: "Notebook" })) as NotebookPanel | undefined;
        await panel?.context.ready;
        await panel?.sessionContext.ready;
        await panel?.sessionContext.session?.kernel?.info;
        await app.commands.execute("notebook:run-all-cells");
      },
    });
  },
};
