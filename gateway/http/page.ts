import { hash } from 'node:crypto';
import { markup, Markup } from './markup.ts';
import { connectSection } from './page-connect.ts';
import { pageScript } from './page-script.ts';
import { counted, rejectedSection, servicesSection } from './page-services.ts';
import { pageStyle } from './page-style.ts';
import type { PageView } from './page-view.ts';

/** Three lines that become one. */
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.25" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3 5h3c5 0 4 7 9 7h6M3 19h3c5 0 4-7 9-7M3 12h12"/></svg>';
const ICON = `data:image/svg+xml,${encodeURIComponent(LOGO.replace('currentColor', '#0b9a86'))}`;

/**
 * The headers of the page. Its own style and script run, by their hashes, and nothing else: no text that a server gives
 * could do anything even if it were not escaped.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${hashSource(pageStyle)}`,
    `script-src ${hashSource(pageScript)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The headers of `/api/services`. */
export const servicesHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** `/`: what this gateway is, how to connect to it, and what it serves, for a person. */
export function renderPage(view: PageView): string {
  const { name } = view.gateway;
  return page(
    view.gateway,
    markup`<h1>${headline(view)}</h1>
      <p class="lead">${summary(view)}</p>
      ${connectSection(name, view.url)} ${servicesSection(view)} ${rejectedSection(view.rejected)}`,
    markup`<span>Registry revision ${view.revision?.slice(0, 12) ?? 'none yet'}</span>
      <a href="/api/services">This page as JSON</a>`,
  );
}

/** `/` for whom the gateway does not know: it says what to do, and nothing of what is served. @param why a sentence */
export function renderLockedPage(gateway: PageView['gateway'], why: string): string {
  return page(
    gateway,
    markup`<h1>Who are you?</h1>
      <p class="lead">${why}</p>
      <p class="lead">
        An MCP client that signs in by itself finds the way when it connects to <code>/mcp</code>. Others send a token or a
        key that they were given, in the header <code>Authorization: Bearer …</code>. Whoever runs the gateway knows which
        it takes; they are in <code>spec.auth</code> of the Gateway.
      </p>`,
    markup`<span>What is served is shown to who may use it.</span>`,
  );
}

function page({ namespace, name }: PageView['gateway'], main: Markup, footer: Markup): string {
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${name} · Fetchfy</title>
        <link rel="icon" href="${ICON}" />
        <style>${new Markup(pageStyle)}</style>
      </head>
      <body>
        <header>${new Markup(LOGO)} Fetchfy <span class="gateway">Gateway ${namespace}/${name}</span></header>
        <main>${main}</main>
        <footer>${footer}</footer>
        <script>${new Markup(pageScript)}</script>
      </body>
    </html>`.text;
}

/** `/api/services`: the same as JSON. */
export function renderServices(view: PageView): string {
  return JSON.stringify(view);
}

function headline({ services }: PageView): string {
  if (services.length === 0) return 'One URL for all your MCP servers and agents';
  const tools = services.reduce((sum, service) => sum + service.tools.length, 0);
  const agents = services.filter(({ type }) => type === 'agent').length;
  const servers = services.length - agents;
  const sources = [
    ...(servers > 0 ? [counted(servers, 'server')] : []),
    ...(agents > 0 ? [counted(agents, 'agent')] : []),
  ];
  return `${counted(tools, 'tool')} from ${sources.join(' and ')}, at one URL`;
}

function summary({ services }: PageView): string {
  if (services.length === 0)
    return 'An MCP client that connects here has the tools of every server and agent that is to come.';
  const troubles = (['Pending', 'Unavailable'] as const).flatMap((state) => {
    const count = services.filter((service) => service.state === state).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? 'is' : 'are'} ${state.toLowerCase()}`];
  });
  const health = troubles.length > 0 ? ` Right now ${troubles.join(' and ')}.` : '';
  const agents = services.some(({ agent }) => agent !== undefined)
    ? ' An agent is a tool that takes a task: it works by itself, and may ask back.'
    : '';
  return `An MCP client that connects here has the tools, prompts and resources of everything below.${agents}${health}`;
}

function hashSource(text: string): string {
  return `'sha256-${hash('sha256', text, 'base64')}'`;
}
