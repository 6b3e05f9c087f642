/** The page's style sheet. Its hash stands in the content security policy: nothing else may style the page. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #fafaf8; --card: #ffffff; --ink: #1b1f1e; --dim: #5d6664; --line: #e3e5e1; --sunken: #f1f2ee;
  --accent: #0b7566; --accent-ink: #ffffff; --good: #1a7f4b; --wait: #9a6700; --bad: #c0362c;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111514; --card: #181d1c; --ink: #e7ebe9; --dim: #98a3a0; --line: #2a3230; --sunken: #0c100f;
    --accent: #4fd1b8; --accent-ink: #06201b; --good: #4cc38a; --wait: #e0b04a; --bad: #f0796e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 2rem) 4rem; max-width: 60rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
[hidden], html:not(.js) .scripted { display: none !important; }
h1, h2, p, ul, dl, dd, pre { margin: 0; padding: 0; }
ul { list-style: none; }
a { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: .875em; overflow-wrap: anywhere; }
pre code { font-size: inherit; }
.tools code, .facts code { font-size: .8125rem; }
button, input { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }

header { display: flex; align-items: center; gap: .625rem; font-weight: 600; }
header svg { width: 1.625rem; height: 1.625rem; color: var(--accent); flex: none; }
header .gateway { margin-inline-start: auto; font-weight: 400; color: var(--dim); font-size: .875rem; min-width: 0; overflow-wrap: anywhere; }
h1 { margin: clamp(1.75rem, 5vw, 3.25rem) 0 .5rem; font-size: clamp(1.625rem, 5vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; }
.lead { color: var(--dim); max-width: 44rem; }
h2 { margin: clamp(2.25rem, 5vw, 3.25rem) 0 .875rem; font-size: 1.125rem; letter-spacing: -.005em; }
h2 + .lead { margin: -.5rem 0 1rem; }

.url { display: flex; align-items: center; gap: .75rem; padding: .75rem .75rem .75rem 1.125rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.url code { flex: 1; font-size: 1rem; min-width: 0; }
.copy { flex: none; padding: .25rem .75rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); font-size: .8125rem; cursor: pointer; }
.copy:hover { border-color: var(--accent); color: var(--accent); }
.url .copy { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); padding: .4rem 1rem; }
.copy.done { background: var(--good); border-color: var(--good); color: var(--ground); }
.tabs { display: flex; flex-wrap: wrap; padding: 0 .375rem; margin-top: .75rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); position: relative; }
.tabs > input { position: absolute; opacity: 0; pointer-events: none; }
.tabs > label { padding: .625rem .75rem; white-space: nowrap; color: var(--dim); font-size: .9375rem; cursor: pointer; border-bottom: 2px solid transparent; }
.tabs > label:hover { color: var(--ink); }
.tabs > input:checked + label { color: var(--ink); border-color: var(--accent); }
.tabs > input:focus-visible + label { outline: 2px solid var(--accent); outline-offset: -4px; border-radius: .5rem; }
.panel { display: none; order: 1; flex: 1 0 100%; min-width: 0; margin: 0 -.375rem; border-top: 1px solid var(--line); padding: .875rem 1.125rem 1.125rem; }
.tabs > input:checked + label + .panel { display: block; flex-basis: calc(100% + .75rem); }
.panel p { color: var(--dim); font-size: .875rem; margin-bottom: .5rem; }
.snippet { position: relative; }
.snippet pre, .empty pre { background: var(--sunken); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto; white-space: pre-wrap; line-height: 1.5; }
html.js .snippet pre { padding-inline-end: 5rem; }
.snippet .copy { position: absolute; top: .5rem; inset-inline-end: .5rem; }

.filters { display: flex; flex-wrap: wrap; gap: .625rem; margin-bottom: .75rem; }
.filters input { flex: 1 1 14rem; min-width: 0; padding: .5rem .875rem; background: var(--card); border: 1px solid var(--line); border-radius: .625rem; }
.chips { display: flex; flex-wrap: wrap; gap: .375rem; }
.chips button { display: inline-flex; align-items: center; gap: .375rem; padding: .375rem .75rem; border: 1px solid var(--line); border-radius: 2rem; background: transparent; font-size: .875rem; cursor: pointer; color: var(--dim); }
.chips button[aria-pressed="true"] { background: var(--card); border-color: var(--accent); color: var(--ink); }
.chips button span { font-variant-numeric: tabular-nums; }
.mark { width: .625rem; height: .625rem; flex: none; display: inline-block; border-radius: 50%; background: var(--good); }
.mark[data-state="Pending"] { background: transparent; border: 2px solid var(--wait); }
.mark[data-state="Unavailable"] { background: var(--bad); border-radius: .125rem; }

.service { background: var(--card); border: 1px solid var(--line); border-bottom-width: 0; content-visibility: auto; contain-intrinsic-size: auto 3.25rem; }
.service.first { border-start-start-radius: .75rem; border-start-end-radius: .75rem; }
.service.last { border-end-start-radius: .75rem; border-end-end-radius: .75rem; border-bottom-width: 1px; }
.filters + .service { border-start-start-radius: .75rem; border-start-end-radius: .75rem; }
.service:last-of-type { border-end-start-radius: .75rem; border-end-end-radius: .75rem; border-bottom-width: 1px; }
summary { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr) auto; gap: .25rem 1rem; align-items: baseline; padding: .75rem 1.125rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover .name { color: var(--accent); }
.state { display: inline-flex; align-items: center; gap: .5rem; font-size: .875rem; color: var(--dim); white-space: nowrap; }
.service[data-state="Unavailable"] :is(.state, .about) { color: var(--bad); }
.service[data-state="Pending"] :is(.state, .about) { color: var(--wait); }
.title { min-width: 0; }
.name { font-weight: 600; overflow-wrap: anywhere; }
.namespace { font-weight: 400; color: var(--dim); }
.about { display: block; color: var(--dim); font-size: .875rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
details[open] .about { white-space: normal; overflow-wrap: anywhere; }
.badge { font-size: .75rem; padding: .0625rem .5rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--dim); }
.counts { position: relative; color: var(--dim); font-size: .875rem; font-variant-numeric: tabular-nums; text-align: end; padding-inline-end: 1.375rem; }
.counts::after { content: ""; position: absolute; inset-inline-end: .125rem; bottom: .5rem; width: .375rem; height: .375rem; border: solid currentColor; border-width: 0 1.5px 1.5px 0; transform: rotate(45deg); }
details[open] .counts::after { transform: translateY(.1875rem) rotate(225deg); }
.inside { padding: .25rem 1.125rem 1.25rem; padding-inline-start: 9.625rem; }
.callout { padding: .5rem .875rem; border-inline-start: 3px solid var(--wait); background: var(--sunken); border-radius: .375rem; font-size: .9375rem; margin-bottom: .75rem; overflow-wrap: anywhere; }
.description { font-size: .9375rem; margin-bottom: .75rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; font-size: .875rem; }
.facts dt { color: var(--dim); }
.facts .line { display: flex; align-items: baseline; gap: .625rem; }
.facts .copy { padding: 0 .5rem; font-size: .75rem; }
.card { margin-top: 1rem; padding: .75rem 1rem .875rem; background: var(--sunken); border-radius: .5rem; }
.card h3 { margin: 0; font-size: .9375rem; overflow-wrap: anywhere; }
.card .version { font-weight: 400; color: var(--dim); }
.card .description { margin: .25rem 0 0; font-size: .875rem; color: var(--dim); }
.skills { margin: .5rem 0 .625rem; }
.skills li { display: grid; grid-template-columns: minmax(8rem, 14rem) minmax(0, 1fr); gap: 0 1rem; padding: .25rem 0; font-size: .875rem; }
.skills b { font-weight: 500; overflow-wrap: anywhere; }
.skills span { color: var(--dim); overflow-wrap: anywhere; }
.names { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .75rem; margin-top: .75rem; color: var(--dim); font-size: .875rem; }
.names code { color: var(--ink); font-size: .8125rem; }
.modes { display: flex; flex-wrap: wrap; gap: 0 .75rem; }
.tools { margin-top: 1rem; border-top: 1px solid var(--line); }
.tools li { display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(0, 1fr); gap: 0 1rem; padding: .4375rem 0; border-bottom: 1px solid var(--line); font-size: .875rem; }
.tools span { color: var(--dim); overflow-wrap: anywhere; }
.more, .none { color: var(--dim); font-size: .875rem; padding-top: .75rem; }

.empty { padding: 1.25rem; border: 1px dashed var(--line); border-radius: .75rem; color: var(--dim); }
.empty pre { margin-top: .75rem; color: var(--ink); }
.rejected { border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
.rejected li { padding: .75rem 1.125rem; }
.rejected li + li { border-top: 1px solid var(--line); }
.rejected p { color: var(--dim); font-size: .9375rem; overflow-wrap: anywhere; }
.reason { color: var(--bad); margin-inline-start: .5rem; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--dim); font-size: .8125rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }

@media (max-width: 40rem) {
  summary { grid-template-columns: auto minmax(0, 1fr); }
  .tabs > label { padding-inline: .4375rem; font-size: .875rem; }
  .title { grid-column: 1 / -1; grid-row: 1; }
  .counts { text-align: end; }
  .inside { padding-inline-start: 1.125rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: .5rem; }
  .tools li, .skills li { grid-template-columns: minmax(0, 1fr); }
  .url { padding-inline-start: .875rem; }
  .url code { font-size: .8125rem; }
}
@media print { .copy, .filters { display: none; } }
`;
