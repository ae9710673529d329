// The sign of Jupyter Flows: three boxes and what joins them.

import { LabIcon } from "@jupyterlab/ui-components";

const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3" fill="#616161">
    <rect x="2" y="4" width="7" height="6" rx="1.6"/><rect x="2" y="14" width="7" height="6" rx="1.6"/>
    <rect x="15" y="9" width="7" height="6" rx="1.6"/>
    <path d="M9 6.2h1.8c1.7 0 2.4 1 2.4 2.6v1.4c0 .6.2.9.8.9h1v1.8h-1c-.6 0-.8.3-.8.9v1.4c0 1.6-.7 2.6-2.4 2.6H9V16h1.6c.6 0 .8-.3.8-.9v-1.3c0-.8.2-1.4.6-1.8-.4-.4-.6-1-.6-1.8V8.9c0-.6-.2-.9-.8-.9H9z"/>
  </g>
</svg>`;

export const flowsIcon = new LabIcon({ name: "jupyter-flows:flows", svgstr: drawn });
