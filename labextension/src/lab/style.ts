// The look of panel, pages and forms: Lab's own colours, with ours where there are none; states from the palette.

import { addStyle } from "../style";
import { LOOKS } from "./look";

const RULES = `
.jfl{--jfl-ink:var(--jp-ui-font-color1,#1f2328);--jfl-mut:var(--jp-ui-font-color2,#57606a);--jfl-line:var(--jp-border-color2,#d0d7de);--jfl-bg:var(--jp-layout-color1,#fff);--jfl-soft:var(--jp-layout-color2,#f6f8fa);--jfl-brand:var(--jp-brand-color1,#0969da);--jfl-bad:var(--jp-error-color1,#cf222e);color:var(--jfl-ink);background:var(--jfl-bg);font:var(--jp-ui-font-size1,13px)/1.4 var(--jp-ui-font-family,system-ui,sans-serif);overflow:hidden}
.jfl *{box-sizing:border-box}
.jfl [hidden]{display:none!important}
.jfl h2{font-size:11px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--jfl-mut);margin:0}
.jfl p{margin:6px 0}
.jfl :focus-visible{outline:2px solid var(--jfl-brand);outline-offset:-2px}
.jfl-mut{color:var(--jfl-mut)}
.jfl-panel{display:flex;flex-direction:column;height:100%;min-width:200px}
.jfl-head{display:flex;flex-direction:column;gap:8px;padding:10px 12px 8px}
.jfl-line{display:flex;align-items:center;gap:6px}
.jfl-view{display:flex;flex-direction:column;flex:1;min-height:0}
.jfl-view>.jfl-line{padding:0 12px 8px}
.jfl-scroll{flex:1;overflow-y:auto;min-height:0}
.jfl-scroll>div>.jfl-button{margin:8px 12px}
.jfl-tabs{display:inline-flex;border:1px solid var(--jfl-line);border-radius:6px;overflow:hidden;align-self:flex-start;max-width:100%}
.jfl-tab{font:inherit;color:var(--jfl-ink);background:none;border:0;border-right:1px solid var(--jfl-line);padding:3px 12px;cursor:pointer;line-height:18px}
.jfl-tab:last-child{border-right:0}
.jfl-tab:hover{background:var(--jfl-soft)}
.jfl-tab[aria-selected=true],.jfl-button[aria-pressed=true]{background:var(--jfl-soft);font-weight:600}
.jfl-side .jfl-tabs{align-self:stretch}.jfl-side .jfl-tab{flex:1}
.jfl-count{display:inline-block;margin-left:6px;padding:0 6px;border-radius:9px;background:var(--jfl-soft);color:var(--jfl-mut);font-size:11px;line-height:16px;font-weight:400}
.jfl-field{font:inherit;color:var(--jfl-ink);background:var(--jfl-bg);border:1px solid var(--jfl-line);border-radius:6px;padding:4px 8px;min-width:0;line-height:18px}
select.jfl-field{padding:4px 6px}
.jfl-find{flex:1}
.jfl-field::placeholder{color:var(--jfl-mut);opacity:1}
.jfl-button{font:inherit;font-size:12px;color:var(--jfl-ink);background:var(--jfl-bg);border:1px solid var(--jfl-line);border-radius:6px;padding:2px 9px;line-height:18px;cursor:pointer;white-space:nowrap}
.jfl-button:hover{background:var(--jfl-soft)}
.jfl-button[disabled]{opacity:.5;cursor:default}
.jfl-main{background:var(--jfl-brand);border-color:var(--jfl-brand);color:var(--jp-ui-inverse-font-color1,#fff);font-weight:600}
.jfl-main:hover{background:var(--jfl-brand);filter:brightness(1.08)}
.jfl-danger{color:var(--jfl-bad);border-color:currentColor}
.jfl-quiet-line,.jfl-news,.jfl-foot{padding:6px 12px;color:var(--jfl-mut);overflow-wrap:anywhere}
.jfl-news{border-left:3px solid var(--jfl-brand);background:var(--jfl-soft);font-size:12px}
.jfl-foot{border-top:1px solid var(--jfl-line);font-size:12px}
.jfl-problem{margin:8px 12px;padding:8px 10px;border:1px solid var(--jfl-line);border-left:3px solid var(--jfl-bad);border-radius:4px;display:flex;flex-direction:column;gap:6px;align-items:flex-start;overflow-wrap:anywhere}
.jfl-empty{padding:16px 16px;display:flex;flex-direction:column;align-items:flex-start;gap:2px}
.jfl ul{list-style:none;margin:0;padding:0}
.jfl-run{position:relative;height:40px;contain:strict;contain-intrinsic-height:40px}
.jfl-run:hover,.jfl-run:focus-within{background:var(--jfl-soft)}
.jfl-run-main{display:grid;grid-template:20px 16px/16px minmax(0,1fr) auto;column-gap:9px;align-items:center;width:100%;height:40px;padding:1px 12px 3px;border:0;background:none;color:inherit;font:inherit;text-align:left;cursor:pointer}
.jfl-run-main>svg{grid-row:1/3}
.jfl-run-title{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;flex:1}
.jfl-run-time,.jfl-run-when{font-size:12px;color:var(--jfl-mut);text-align:right;white-space:nowrap}
.jfl-run-words{font-size:12px;color:var(--jfl-mut);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.jfl-run[data-state=failed] .jfl-run-words,.jfl-run[data-state=crashed] .jfl-run-words{color:var(--jfl-bad)}
.jfl-run-acts{position:absolute;right:8px;top:8px;display:none;background:var(--jfl-soft);padding-left:4px}
.jfl-run:hover .jfl-run-acts,.jfl-run:focus-within .jfl-run-acts,.jfl-run[data-state=paused] .jfl-run-acts{display:block}
.jfl-bar{display:flex;gap:1.5px;height:4px;min-width:0}
.jfl-bar i{display:block;background:currentColor;border-radius:1.5px;min-width:4px}
.jfl-bar .s-pending{opacity:.35}
.jfl-hatched{background:repeating-linear-gradient(45deg,currentColor 0 3px,var(--jfl-bg) 3px 4.5px)!important}
.jfl-group{display:flex;align-items:center;gap:4px;width:100%;padding:5px 12px;border:0;border-top:1px solid var(--jfl-line);background:var(--jfl-soft);color:inherit;font:inherit;cursor:pointer;text-align:left}
.jfl-group::before{content:"▸";width:12px;color:var(--jfl-mut)}.jfl-group[aria-expanded=true]::before{content:"▾"}
.jfl-group b{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
.jfl-group-last{display:flex;gap:2px;margin-left:auto;flex:none}
.jfl-schedule{padding:8px 12px;border-bottom:1px solid var(--jfl-line);display:flex;flex-direction:column;gap:2px;overflow-wrap:anywhere}
.jfl-acts{display:flex;flex-wrap:wrap;gap:6px;margin-top:4px}
`;

function colours(): string {
  const rule = (theme: "light" | "dark", before: string): string =>
    Object.entries(LOOKS)
      .map(([css, look]) => `${before}.jfl .s-${css}{color:${look[theme]}}`)
      .join("");
  return rule("light", "") + rule("dark", "[data-jp-theme-light=false] ");
}

/** Put the rules into the page, once. */
export function addLabStyle(): void {
  const id = "jupyter-flows-lab-style";
  if (document.getElementById(id)) {
    return;
  }
  addStyle();
  const style = document.createElement("style");
  style.id = id;
  style.textContent = RULES + colours();
  document.head.append(style);
}
