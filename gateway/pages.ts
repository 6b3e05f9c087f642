import type { AgentCard } from './agents/agent-card.ts';
import type { FrontOptions } from './http/front.ts';
import type { PageView } from './http/page-view.ts';
import { pageHeaders, renderLockedPage, renderPage, renderServices, servicesHeaders } from './http/page.ts';
import { overview, readerUrl } from './overview.ts';
import type { RoutingView } from './routing/routing-table.ts';

export interface PagesOptions {
  readonly gateway: PageView['gateway'];
  readonly scheme: 'http' | 'https';
  /** The card of the agent of a Service that speaks A2A, by `<namespace>/<name>`. */
  readonly cardOf: (key: string) => AgentCard | undefined;
}

/** What stands beside MCP for people and scripts: what is served, as far as the reader may use it. */
export function pages({ gateway, scheme, cardOf }: PagesOptions): Pick<FrontOptions, 'plain' | 'locked'> {
  const view = (table: RoutingView, host: string | undefined): PageView =>
    overview(gateway, table, cardOf, readerUrl(table.document?.policy, scheme, host));
  return {
    plain: {
      '/': (table, host) => ({ headers: pageHeaders, body: renderPage(view(table, host)) }),
      '/api/services': (table, host) => ({ headers: servicesHeaders, body: renderServices(view(table, host)) }),
    },
    locked: (path, error) =>
      path === '/' && error.type === 'unauthorized'
        ? { headers: pageHeaders, body: renderLockedPage(gateway, error.message) }
        : undefined,
  };
}
