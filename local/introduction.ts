import type { Gateway } from '../hooks/gateways/gateway.ts';
import { objectKey } from '../hooks/metacontroller/objects.ts';
import { API_KEY_HEADER } from '../hooks/registry/policy.ts';
import { paint, table } from './console.ts';
import type { FiledManifest } from './manifests/folder.ts';
import { detailOf, stateOf, type Offers, type ServiceView } from './service-lines.ts';
import { shown } from './start-folder.ts';

export interface Introduction {
  readonly version: string;
  readonly manifests: string;
  readonly gateway: FiledManifest | undefined;
  /** Who is let in: a sentence; undefined while no Gateway is accepted. */
  readonly protection: string | undefined;
  readonly views: readonly ServiceView[];
  readonly offers: Offers;
  readonly gatewayProcess: { readonly url: string; readonly adminUrl: string };
}

const WIDTH_WITHOUT_TERMINAL = 100;

/** What a person reads first: what is served, how to connect, what to do next. */
export function introduction({
  version,
  manifests,
  gateway,
  protection,
  views,
  offers,
  gatewayProcess,
}: Introduction): string {
  const { url, adminUrl } = gatewayProcess;
  const isRefused = gateway !== undefined && protection === undefined && views.length === 0;
  const title = gateway === undefined ? 'no Gateway yet' : `Gateway ${objectKey(gateway.object)}`;
  return `
${paint('bold', `Fetchfy ${version}`)} · local mode · ${title}

${indented(isRefused ? 'Nothing is served: mend what is told above.' : services(views, offers))}

  MCP clients connect to  ${paint('cyan', `${url}/mcp`)}
  What is served          ${url}/
  Admin                   ${adminUrl}/services
${protection === undefined ? '' : `  Who may come            ${protection}\n`}
Paste this into an MCP client:
  ${paint('cyan', clientConfig(url, gateway))}

Edit, add or delete files in ${shown(manifests)}: it takes effect at once. Ctrl-C ends everything.
`;
}

function services(views: readonly ServiceView[], offers: Offers): string {
  if (views.length === 0) return 'No Service is selected yet.';
  const rows = views.map((view) => [view.key, stateOf(view), detailOf(view, offers.get(view.key))]);
  return table(['SERVICE', 'STATE', 'TOOLS'], rows, (process.stdout.columns ?? WIDTH_WITHOUT_TERMINAL) - 2);
}

/** One line of JSON as MCP clients keep it in their configuration. */
function clientConfig(url: string, gateway: FiledManifest | undefined): string {
  const served: Gateway | undefined = gateway?.object;
  const apiKey = served?.spec?.auth?.methods.find((method) => method.apiKey !== undefined)?.apiKey;
  const headers = apiKey === undefined ? undefined : { [apiKey.header ?? API_KEY_HEADER]: 'YOUR-KEY' };
  return JSON.stringify({
    mcpServers: { fetchfy: { type: 'http', url: `${url}/mcp`, ...(headers !== undefined && { headers }) } },
  });
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
