import { markup, type Markup } from './markup.ts';

/** How one MCP client is told of the gateway. */
export interface ClientSetup {
  /** Unique on the page. */
  readonly id: string;
  readonly client: string;
  /** Where the text goes: a sentence. */
  readonly hint: string;
  readonly text: string;
}

/**
 * What to paste into which client.
 * @param name under which the client lists the server
 */
export function clientSetups(name: string, url: string): ClientSetup[] {
  const json = (value: unknown): string => JSON.stringify(value, undefined, 2);
  return [
    {
      id: 'claude-code',
      client: 'Claude Code',
      hint: 'Run in a terminal.',
      text: `claude mcp add --transport http ${shellWord(name)} ${shellWord(url)}`,
    },
    {
      id: 'vscode',
      client: 'VS Code',
      hint: 'In .vscode/mcp.json of a workspace.',
      text: json({ servers: { [name]: { type: 'http', url } } }),
    },
    {
      id: 'cursor',
      client: 'Cursor',
      hint: 'In ~/.cursor/mcp.json, or .cursor/mcp.json of a project.',
      text: json({ mcpServers: { [name]: { url } } }),
    },
    {
      id: 'other',
      client: 'Others',
      hint: 'Most clients read this form; the transport is called Streamable HTTP.',
      text: json({ mcpServers: { [name]: { type: 'http', url } } }),
    },
  ];
}

/** The text as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The URL, and a tab for each client. */
export function connectSection(name: string, url: string): Markup {
  const setups = clientSetups(name, url);
  return markup`<section class="connect" aria-labelledby="connect">
    <h2 id="connect">Connect a client</h2>
    <div class="url"><code id="url">${url}</code>${copyButton('url', 'URL')}</div>
    <div class="tabs">
      ${setups.map(
        ({ id, client, hint, text }, at) =>
          markup`<input type="radio" name="client" id="tab-${id}" ${at === 0 ? markup`checked` : undefined} />
            <label for="tab-${id}">${client}</label>
            <div class="panel">
              <p>${hint}</p>
              <div class="snippet">
                <pre><code id="snippet-${id}">${text}</code></pre>
                ${copyButton(`snippet-${id}`, client)}
              </div>
            </div>`,
      )}
    </div>
  </section>`;
}

/** Shown where scripts run. */
export function copyButton(id: string, what: string): Markup {
  return markup`<button type="button" class="copy scripted" data-copy="${id}" aria-label="Copy ${what}">Copy</button>`;
}
