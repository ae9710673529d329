// The look: colours of the frame from the page's theme where it has one, those of states from the palette in Python.

import type { Look } from "./model";

const LIGHT = "--jf-bg:#fff;--jf-card:#fff;--jf-line:#d0d7de;--jf-edge:#8c959f;--jf-ink:#1f2328;--jf-mut:#57606a;--jf-soft:#f6f8fa;--jf-focus:#0969da";
const DARK = "--jf-bg:#0d1117;--jf-card:#161b22;--jf-line:#3d444d;--jf-edge:#6e7681;--jf-ink:#e6edf3;--jf-mut:#9da7b3;--jf-soft:#161b22;--jf-focus:#58a6ff";

const RULES = `
.jf-mounted>:not(.jf){display:none!important}
.jf{${LIGHT};color:var(--jf-ink);background:var(--jf-bg);border:1px solid var(--jf-line);border-radius:10px;overflow:hidden;font:12.5px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;text-align:left;margin:2px 0;position:relative}
.jf *{box-sizing:border-box}
.jf-head{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px;padding:9px 14px 7px}
.jf-head b{font-size:14px;font-weight:650;overflow-wrap:anywhere}
.jf-mut{color:var(--jf-mut);overflow-wrap:anywhere}
.jf-grow{flex:1}
.jf-pill{display:inline-flex;align-items:center;gap:5px;border:1px solid;border-color:color-mix(in srgb,currentColor 40%,transparent);border-radius:11px;padding:0 9px 0 7px;font-weight:600;font-size:11.5px;line-height:20px;white-space:nowrap}
.jf-button,.jf-tab{font:inherit;font-size:12px;color:var(--jf-ink);background:var(--jf-card);border:1px solid var(--jf-line);border-radius:6px;padding:2px 9px;cursor:pointer;line-height:19px}
.jf-button:hover,.jf-tab:hover{background:var(--jf-soft)}
.jf-button[disabled]{opacity:.55;cursor:default}
.jf-tabs{display:inline-flex}
.jf-tab{border-radius:0;margin-left:-1px}.jf-tab:first-child{border-radius:6px 0 0 6px}.jf-tab:last-child{border-radius:0 6px 6px 0}
.jf-tab[aria-selected=true]{background:var(--jf-soft);font-weight:600}
.jf-find{font:inherit;font-size:12px;width:92px;border:1px solid var(--jf-line);border-radius:6px;padding:2px 8px;background:var(--jf-card);color:var(--jf-ink);line-height:19px}
.jf :focus-visible{outline:2px solid var(--jf-focus);outline-offset:1px}
.jf-bar{display:flex;gap:1.5px;height:4px;margin:0 14px 8px}
.jf-bar i{display:block;background:currentColor;border-radius:1.5px;min-width:4px}
.jf-hatched{background:repeating-linear-gradient(45deg,currentColor 0 3px,var(--jf-card) 3px 4.5px)!important}
.jf-stage{position:relative;overflow:hidden;border-top:1px solid var(--jf-line);touch-action:none;cursor:grab;outline-offset:-3px!important}
.jf-stage.jf-pan{cursor:grabbing}
.jf-stage>svg{display:block;width:100%;height:100%;user-select:none}
.jf-stage text{font-size:11.5px;fill:var(--jf-mut)}
.jf-stage .jf-t{font-size:12.5px;font-weight:600;fill:var(--jf-ink)}
.jf-n{cursor:pointer}
.jf-card{fill:var(--jf-card);stroke:var(--jf-line)}
.jf-n.jf-loud>.jf-card:not(.jf-back){stroke:currentColor;stroke-width:1.5}
.jf-n.jf-here>.jf-card:not(.jf-back){stroke:var(--jf-focus);stroke-width:2.5}
.jf-frame{fill:var(--jf-soft)}
.jf-card.jf-open{fill:none}
.jf-switch rect{fill:transparent}.jf-switch:hover rect{fill:var(--jf-line)}
.jf-switch path{fill:none;stroke:var(--jf-mut);stroke-width:1.8}
.jf-far text,.jf-far .jf-n svg,.jf-far .jf-gauge,.jf-far .jf-switch,.jf-far .jf-back{display:none}
.jf-far .jf-n>path{display:none}
.jf-far .jf-card:not(.jf-open){rx:0;stroke:none;fill:currentColor;fill-opacity:.45}
.jf-far .jf-loud>.jf-card:not(.jf-open){fill-opacity:1}
.jf-n.jf-dim{opacity:.28}
.jf-e{fill:none;stroke:var(--jf-edge);stroke-width:1.6}
.jf-e.jf-live{stroke:currentColor;stroke-dasharray:5 4;animation:jf-flow .7s linear infinite}
.jf-e.jf-calls:not(.jf-live){stroke-dasharray:2 4}
.jf-e.jf-near{stroke-width:2.6}
.jf-hit{fill:none;stroke:transparent;stroke-width:12;pointer-events:stroke}
.jf-gauge{stroke:var(--jf-edge);stroke-width:1.5;opacity:.75}.jf-gauge.jf-over{stroke:#9a6700}.jf-gauge .jf-usual{stroke:var(--jf-mut)}
.jf-tip{position:absolute;z-index:2;max-width:340px;padding:4px 9px;border:1px solid var(--jf-line);border-radius:6px;background:var(--jf-card);box-shadow:0 2px 8px #0003;pointer-events:none;overflow-wrap:anywhere;font-size:12px}
@keyframes jf-flow{to{stroke-dashoffset:-9}}
@media (prefers-reduced-motion:reduce){.jf-e.jf-live{animation:none}}
.jf-strip{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;padding:6px 14px;background:var(--jf-soft);border-top:1px solid var(--jf-line);overflow-wrap:anywhere}
.jf-strip svg{flex:none}
.jf-cause{flex-wrap:nowrap;align-items:flex-start}.jf-causes{min-width:0}
.jf-panel{border-top:1px solid var(--jf-line);padding:10px 14px 12px;max-height:420px;overflow:auto}
.jf-panel h4{margin:10px 0 3px;font-size:11px;letter-spacing:.05em;text-transform:uppercase;color:var(--jf-mut);font-weight:600}
.jf-panel pre,.jf-panel code{font:12px/1.5 var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace);white-space:pre-wrap;overflow-wrap:anywhere;margin:0;background:none!important;color:inherit;padding:0}
.jf-panel .jf-top{display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center}
.jf-panel details summary{color:var(--jf-mut);cursor:pointer}
.jf-table{border-collapse:collapse;font-size:12.5px;width:100%;color:inherit;border:none;margin:0}
.jf-table th,.jf-table td{text-align:left!important;padding:3px 10px 3px 0;border:0;border-bottom:1px solid var(--jf-line);vertical-align:top;overflow-wrap:anywhere;font-weight:400;background:none}
.jf-table thead th{color:var(--jf-mut);font-size:11.5px}
.jf-tiles{display:flex;flex-wrap:wrap;gap:1px;margin:6px 0;max-height:220px;overflow:auto}
.jf-tile{width:9px;height:9px;border:0;padding:0;border-radius:2px;background:currentColor;cursor:pointer}
.jf-chip{border:1px solid var(--jf-line);border-radius:9px;padding:0 7px;background:none;color:inherit;font:inherit;font-size:11.5px;cursor:pointer;margin:1px 4px 1px 0}
.jf-act{font-size:11.5px;padding:0 7px;line-height:17px;margin:1px 4px 1px 0}
.jf-firm .jf-again,.jf-panel[data-called] .jf-again{display:none}
.jf-causes>div+div,.jf-all{margin-top:3px}
.jf-time{padding:8px 14px 10px;border-top:1px solid var(--jf-line);overflow:auto;max-height:460px}
.jf-time svg{display:block;width:100%}
.jf-time text{font-size:11.5px;fill:var(--jf-mut)}
.jf-time .jf-slow{fill:var(--jf-ink);font-weight:600;text-decoration:underline;text-underline-offset:3px}
.jf-time .jf-row{cursor:pointer}
.jf-said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`;

/** Put the rules into the page, once. */
export function addStyle(): void {
  const id = "jupyter-flows-style";
  if (document.getElementById(id)) {
    return;
  }
  const style = document.createElement("style");
  style.id = id;
  style.textContent = `${RULES}
@media (prefers-color-scheme:dark){body:not([data-jp-theme-light]) .jf{${DARK}}}
[data-jp-theme-light=false] .jf{${DARK}}`;
  document.head.append(style);
}

const COLOUR = /^#[0-9a-f]{6}$/i;
const NAME = /^[a-z]+$/;

/** The rules for the colours of states, made from the palette; what is no colour is left out. */
export function stateRules(looks: Record<string, Look>): string {
  const light: string[] = [];
  const dark: string[] = [];
  for (const [css, look] of Object.entries(looks)) {
    if (NAME.test(css) && COLOUR.test(look.light) && COLOUR.test(look.dark)) {
      light.push(`.jf .s-${css}{color:${look.light}}`);
      dark.push(`.jf .s-${css}{color:${look.dark}}`);
    }
  }
  const outside = dark.map((rule) => `body:not([data-jp-theme-light]) ${rule}`).join("");
  const inside = dark.map((rule) => `[data-jp-theme-light=false] ${rule}`).join("");
  return `${light.join("")}@media (prefers-color-scheme:dark){${outside}}${inside}`;
}
