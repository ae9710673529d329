// Gives the other plugins the API and what happens.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";

import { Client, Refused } from "../client";
import { IFlows } from "../flows";
import { Live } from "../live";
import type { Settings } from "../shapes";
import { addLabStyle } from "../style";

export const service: JupyterFrontEndPlugin<IFlows> = {
  id: "jupyter-flows:service",
  description: "Asks the server about runs and schedules, and listens to what happens.",
  autoStart: true,
  provides: IFlows,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IFlows => {
    const client = new Client();
    const live = new Live(client);
    let asked: Promise<Settings> | undefined;
    const may = { read: true, write: true, execute: true };
    const settings = (): Promise<Settings> => {
      asked ??= client.settings().then(
        (told) => {
          Object.assign(may, told.permissions);
          return told;
        },
        (error: unknown) => {
          asked = undefined;
          throw error;
        },
      );
      return asked;
    };
    // A server without the extension has no events either: it is not asked for them. One that is busy has them later.
    const listen = (error?: unknown): void => {
      if (!(error instanceof Refused && error.isAbsent)) {
        live.start();
      }
    };
    void app.restored.then(() => settings().then(() => listen(), listen));
    addLabStyle();
    return { client, live, trans: (translator ?? nullTranslator).load("jupyter_flows"), settings, may };
  },
};
