// The look of panel, pages and forms: Lab's own colours, with ours where there are none; states from the palette.

import { addStyle } from "../style";
import { LOOKS } from "./look";

const RULES = `
.jfl{--jfl-ink:var(--jp-ui-font-color1,#1f2328);--jfl-mut:color-mix(in srgb,var(--jp-ui-font-color2,#57606a) 65%,var(--jfl-ink));--jfl-line:var(--jp-border-color2,#d0d7de);--jfl-bg:var(--jp-layout-color1,#fff);--jfl-soft:var(--jp-layout-color2,#f6f8fa);--jfl-brand:var(--jp-brand-color1,#0969da);--jfl-bad:#cf222e;color:var(--jfl-ink);background:var(--jfl-bg);font:var(--jp-ui-font-size1,13px)/1.4 var(--jp-ui-font-family,system-ui,sans-serif);overflow:hidden}
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
.jfl-below-tabs .jfl-tabs{flex-wrap:wrap}.jfl-below-tabs .jfl-tab{white-space:nowrap}
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
.jfl-run[data-state=failed] .jfl-run-words,.jfl-run[data-state=crashed] .jfl-run-words{color:color-mix(in srgb,var(--jfl-bad) 80%,var(--jfl-ink))}
.jfl-run-acts{position:absolute;right:0;top:0;height:40px;display:none;align-items:center;min-width:86px;justify-content:flex-end;background:var(--jfl-soft);padding:0 12px 0 8px}
.jfl-run:hover .jfl-run-acts,.jfl-run:focus-within .jfl-run-acts,.jfl-run[data-state=paused] .jfl-run-acts{display:flex}
.jfl-run .jfl-run-acts:empty{display:none}
.jfl-run[data-state=paused]:not(:hover,:focus-within) .jfl-run-acts{background:var(--jfl-bg)}
.jfl-bar{display:flex;gap:1.5px;height:4px;min-width:0}
.jfl-bar i{display:block;background:currentColor;border-radius:1.5px;min-width:4px}
.jfl-bar .s-pending{opacity:.35}
.jfl-hatched{background:repeating-linear-gradient(45deg,currentColor 0 3px,var(--jfl-bg) 3px 4.5px)!important}
.jfl-group{display:flex;align-items:center;gap:4px;width:100%;padding:5px 12px;border:0;border-top:1px solid var(--jfl-line);background:var(--jfl-soft);color:inherit;font:inherit;cursor:pointer;text-align:left}
.jfl-group::before{content:"▸";width:12px;color:var(--jfl-mut)}.jfl-group[aria-expanded=true]::before{content:"▾"}
.jfl-group b{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
.jfl-group-last{display:flex;gap:2px;margin-left:auto;flex:none}
.jfl-schedule{padding:8px 12px;border-bottom:1px solid var(--jfl-line);display:flex;flex-direction:column;gap:2px;overflow-wrap:anywhere}
.jfl-backfill{display:flex;flex-direction:column;gap:4px;margin-top:6px;padding-top:6px;border-top:1px dashed var(--jfl-line)}
.jfl-acts{display:flex;flex-wrap:wrap;gap:6px;margin-top:4px}
.jfl-page{overflow:auto}
.jfl-run-page{display:flex;flex-direction:column;gap:8px;padding:12px 16px 24px;max-width:1400px}
.jfl-run-head{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.jfl h1{font-size:17px;font-weight:650;margin:0;overflow-wrap:anywhere}
.jfl-grow{flex:1}
.jfl-pill{border:1px solid;border-color:color-mix(in srgb,currentColor 40%,transparent);border-radius:11px;padding:0 9px;font-weight:600;font-size:12px;line-height:20px}
.jfl-facts{overflow-wrap:anywhere}
.jfl-cause{border:1px solid var(--jfl-line);border-left:3px solid var(--jfl-bad);border-radius:6px;padding:9px 12px;display:flex;flex-direction:column;gap:5px;overflow-wrap:anywhere}
.jfl-question{border-left-color:var(--jfl-brand);margin-bottom:6px}
.jfl-cause-words{display:flex;gap:8px;align-items:flex-start;font-size:14px}
.jfl-cause-words>svg{flex:none;margin-top:2px}
.jfl-place{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
.jfl code,.jfl pre{font-family:var(--jp-code-font-family,ui-monospace,Menlo,monospace);font-size:12px;background:none;color:inherit;padding:0;margin:0}
.jfl-place code{background:var(--jfl-soft);border-radius:4px;padding:2px 7px;white-space:pre-wrap}
.jfl pre{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
.jfl summary{cursor:pointer;color:var(--jfl-mut)}
.jfl-trace pre{margin-left:2px}
.jfl-wrong{color:var(--jfl-bad);overflow-wrap:anywhere}
.jfl-wrong:empty{display:none}
.jfl-graph .jf{margin:0;--jf-bg:var(--jfl-bg);--jf-card:var(--jfl-bg);--jf-line:var(--jfl-line);--jf-ink:var(--jfl-ink);--jf-mut:var(--jfl-mut);--jf-soft:var(--jfl-soft);--jf-focus:var(--jfl-brand)}
.jfl-graph .jf-head>.jf-top:first-child{display:none!important}
.jfl-graph .jf-head>.jf-button:nth-last-child(-n+2),.jfl-graph .jf-strip.jf-cause,.jfl-graph .jf-again:not(.jf-all){display:none}
.jfl-below-tabs{margin-top:6px}
.jfl-section{display:flex;flex-direction:column;gap:8px}
.jfl-section>.jfl-line{flex-wrap:wrap}
.jfl-section .jfl-find{max-width:340px}
.jfl-log{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px;line-height:1.5;border:1px solid var(--jfl-line);border-radius:6px;padding:6px 10px;max-height:360px;overflow:auto}
.jfl-log:empty{display:none}
.jfl-run-page .jfl-section{container-type:inline-size}
@container (max-width:520px){.jfl-log-line{grid-template-columns:max-content minmax(0,1fr);padding-bottom:4px}.jfl-log-line>span:last-child{grid-column:1/-1}}
.jfl-log-line{display:grid;grid-template-columns:max-content minmax(60px,150px) minmax(0,1fr);gap:0 12px;white-space:pre-wrap;overflow-wrap:anywhere;content-visibility:auto;contain-intrinsic-height:18px}
.jfl-log-line time{color:var(--jfl-mut)}
.jfl-log-line>.jfl-mut{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.jfl-log-warning>span:last-child{color:var(--jp-warn-color0,#9a6700)}
.jfl-log-error>span:last-child,.jfl-log-critical>span:last-child,.jfl-log-error>.jfl-mut,.jfl-log-critical>.jfl-mut{color:var(--jfl-bad)}
.jfl-table{border-collapse:collapse;width:100%;font-size:13px}
.jfl-table th,.jfl-table td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--jfl-line);vertical-align:top;font-weight:400;overflow-wrap:anywhere}
.jfl-table thead th{color:var(--jfl-mut);font-size:12px}
.jfl-table .jfl-number{white-space:nowrap;font-variant-numeric:tabular-nums}
.jfl-state{display:inline-flex;align-items:center;gap:5px;white-space:nowrap}
.jfl-link{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:left;overflow-wrap:anywhere}
.jfl-link:hover{text-decoration:underline}
.jfl-grid-scroll{overflow-x:auto}
.jfl-grid{align-self:flex-start;border-collapse:separate;border-spacing:4px;font-size:12.5px}
.jfl-grid th,.jfl-grid td{padding:0;font-weight:400}
.jfl-grid tbody th{text-align:right;padding-right:8px;max-width:220px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.jfl-grid thead th{vertical-align:bottom}
.jfl-grid-bar{display:flex;align-items:flex-end;width:20px;height:50px;padding:2px;border:1px solid transparent;border-radius:4px;background:none;cursor:pointer}
.jfl-grid-bar.jfl-here{border-color:var(--jfl-brand)}
.jfl-grid-bar i{display:block;width:100%;background:currentColor;border-radius:2px}
.jfl-tile{display:flex;align-items:center;justify-content:center;width:20px;height:20px;border:0;border-radius:3px;padding:0;background:currentColor;cursor:pointer}
.jfl-tile>svg{color:var(--jfl-bg)!important}
.jfl-tile.jfl-follows,.jfl-tile.s-pending,.jfl-tile.s-scheduled,.jfl-tile.s-cancelled,.jfl-tile.s-skipped{background:none;box-shadow:inset 0 0 0 1px currentColor}
.jfl-tile.jfl-follows>svg,.jfl-tile.s-pending>svg,.jfl-tile.s-scheduled>svg,.jfl-tile.s-cancelled>svg,.jfl-tile.s-skipped>svg{color:inherit!important}
.jfl-comparison{margin-top:6px}.jfl-comparison th:first-child{font-weight:600}
.jfl-grid-bar[aria-pressed=true]{background:var(--jfl-soft)}
.jfl-artifact{border:1px solid var(--jfl-line);border-radius:6px;padding:8px 12px;display:flex;flex-direction:column;gap:6px;overflow-wrap:anywhere}
.jfl-artifact img{max-width:100%;max-height:420px;align-self:flex-start;background:#fff}
.jfl-artifact-text{max-height:340px;overflow:auto}
.jfl a{color:var(--jp-content-link-color,#0969da);text-decoration:underline}
.jfl-framed{display:inline-flex;flex-direction:column;gap:6px;align-items:flex-start;vertical-align:top;max-width:100%}
.jfl-frame{width:min(1000px,70vw);height:320px;resize:vertical;border:1px solid var(--jfl-line);border-radius:6px;background:#fff}
.jfl-low .jfl-frame{height:150px}
.jfl-files>li{padding:3px 0}
.jfl-form{display:flex;flex-direction:column;gap:9px;padding:16px 20px 24px;max-width:820px}
.jfl-form h2{margin-top:6px}
.jfl-times{display:flex;flex-direction:column;gap:9px}
.jfl-row{display:grid;grid-template-columns:minmax(110px,190px) minmax(0,1fr);gap:4px 14px;align-items:start}
.jfl-row>label,.jfl-row>.jfl-label{padding-top:5px;overflow-wrap:anywhere}
.jfl-row input.jfl-field,.jfl-row textarea.jfl-field{max-width:420px}
.jfl-row [aria-invalid=true]{border-color:var(--jfl-bad)}
.jfl-filled{overflow-wrap:anywhere}
.jfl-choice{display:inline-flex;flex-wrap:wrap;border:1px solid var(--jfl-line);border-radius:6px;overflow:hidden}
.jfl-choice label{position:relative;cursor:pointer}
.jfl-choice span{display:block;padding:4px 11px;border-right:1px solid var(--jfl-line);line-height:18px}
.jfl-choice label:last-child span{border-right:0}
.jfl-choice input{position:absolute;opacity:0;inset:0;margin:0;cursor:pointer}
.jfl-choice label:hover span{background:var(--jfl-soft)}
.jfl-choice input:checked+span{background:var(--jfl-soft);font-weight:600;box-shadow:inset 0 -2px var(--jfl-brand)}
.jfl-choice input:focus-visible+span{outline:2px solid var(--jfl-brand);outline-offset:-2px}
.jfl-preview{background:var(--jfl-soft);border-radius:6px;padding:10px 14px;display:flex;flex-direction:column;gap:5px}
.jfl-preview:empty{display:none}
.jfl-next{align-self:flex-start;border-collapse:collapse;font-variant-numeric:tabular-nums}
.jfl-next caption{text-align:left;font-weight:600;padding:2px 0}
.jfl-next td{padding:1px 24px 1px 0;overflow-wrap:anywhere}
.jfl-end{justify-content:flex-end;position:sticky;bottom:0;background:var(--jfl-bg);padding:8px 0;margin:0}
.jfl-form{padding-bottom:0!important}
.jfl-status{display:flex;align-items:center;gap:4px;border:0;background:none;color:inherit;font:inherit;padding:0 6px;cursor:pointer;height:100%}
.jfl-status-item .s-running{color:var(--jp-brand-color1,#0969da)}.jfl-status-item .s-failed{color:var(--jp-error-color1,#cf222e)}
.jfl-window .jp-Dialog-content{width:min(1200px,94vw);max-width:94vw;max-height:92vh}
.jfl-window .jfl-page{min-height:50vh}
:has(>.jfl-badge){position:relative}
.jfl-badge{position:absolute;left:2px;top:calc(var(--jp-code-padding,5px) + 3px);display:flex}
.jfl-why ul{margin:4px 0 10px 18px;list-style:disc}
`;

function colours(): string {
  const rule = (theme: "light" | "dark", before: string): string =>
    Object.entries(LOOKS)
      .map(([css, look]) => `${before}:is(.jfl,.jfl-badge) .s-${css}{color:${look[theme]}}`)
      .join("");
  const bad = `[data-jp-theme-light=false] .jfl{--jfl-bad:${LOOKS["failed"]?.dark ?? ""}}`;
  return bad + rule("light", "") + rule("dark", "[data-jp-theme-light=false] ");
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
