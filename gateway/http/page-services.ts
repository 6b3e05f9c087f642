import type { RejectedService } from '../contract/registry-document.ts';
import type { ServiceState } from '../contract/report.ts';
import { markup, type Markup } from './markup.ts';
import { copyButton } from './page-connect.ts';
import type { PageAgent, PageService, PageView } from './page-view.ts';

/** What one page holds; /api/services has the rest. */
export const pageBounds = {
  services: 500,
  /** Of one service. */
  tools: 200,
  skills: 100,
  rejected: 200,
  /** Characters of a tool's or a skill's description. */
  description: 400,
} as const;

const states = ['Available', 'Pending', 'Unavailable'] as const satisfies ServiceState[];

const eras = { legacy: 'MCP up to 2025-11-25', modern: 'MCP 2026-07-28' } as const;

/** All services that are served, each to be opened. */
export function servicesSection(view: PageView): Markup {
  const { services } = view;
  const shown = services.slice(0, pageBounds.services);
  return markup`<section aria-labelledby="services">
    <h2 id="services">Services</h2>
    ${services.length === 0 ? emptyNote(view) : [filters(services), ...shown.map((service) => row(service, view.url))]}
    ${moreNote(services.length - shown.length, 'services')}
    <p class="none" id="none" hidden>No service fits.</p>
  </section>`;
}

/** What was labelled and cannot be served, with the reasons; nothing if there is none. */
export function rejectedSection(rejected: readonly RejectedService[]): Markup | undefined {
  if (rejected.length === 0) return undefined;
  const shown = rejected.slice(0, pageBounds.rejected);
  return markup`<section aria-labelledby="rejected">
    <h2 id="rejected">Not served</h2>
    <p class="lead">These Services carry the label, but something about them has to be put right first.</p>
    <ul class="rejected">
      ${shown.map(
        ({ namespace, name, reason, message }) =>
          markup`<li>
            <div class="title">
              <span class="name"><span class="namespace">${namespace}/</span>${name}</span>
              <code class="reason">${reason}</code>
            </div>
            <p dir="auto">${message}</p>
          </li>`,
      )}
    </ul>
    ${moreNote(rejected.length - shown.length, 'Services')}
  </section>`;
}

function emptyNote({ revision }: PageView): Markup {
  if (revision === null)
    return markup`<p class="lead">The gateway waits for its registry. It is served as soon as it comes.</p>`;
  return markup`<div class="empty">
    <p>
      None yet. A Service that runs an MCP server is taken up when it carries the label that the Gateway selects, by
      default:
    </p>
    <pre><code>kubectl label service my-server mcp-enabled=true</code></pre>
  </div>`;
}

function filters(services: readonly PageService[]): Markup {
  const counts = states.map((state) => ({
    state,
    count: services.filter((service) => service.state === state).length,
  }));
  return markup`<div class="filters scripted">
    <input
      type="search"
      id="filter"
      placeholder="Filter by name, tool, skill or description"
      aria-label="Filter services"
      autocomplete="off"
      spellcheck="false"
    />
    <div class="chips" role="group" aria-label="Show by state">
      <button type="button" data-state="" aria-pressed="true">All <span>${services.length}</span></button>
      ${counts
        .filter(({ count }) => count > 0)
        .map(
          ({ state, count }) =>
            markup`<button type="button" data-state="${state}" aria-pressed="false">
              ${mark(state)}${state} <span>${count}</span>
            </button>`,
        )}
    </div>
  </div>`;
}

function row(service: PageService, url: string): Markup {
  const { namespace, name, type, state, message, note, tools, promptCount, resourceCount, agent } = service;
  const description = service.description ?? agent?.description;
  // What keeps a server from serving says more than what it would do.
  const trouble = state === 'Available' ? undefined : message;
  return markup`<details class="service" data-state="${state}">
    <summary>
      <span class="state">${mark(state)}${state}</span>
      <span class="title"
        ><span class="name"><span class="namespace">${namespace}/</span>${name}</span>${
          type === 'agent' ? markup` <span class="badge">agent</span>` : undefined
        }<span class="about" dir="auto">${trouble ?? description}</span></span
      >
      <span class="counts"
        >${[
          counted(tools.length, 'tool'),
          ...(agent !== undefined ? [counted(agent.skills.length, 'skill')] : []),
          ...(promptCount > 0 ? [counted(promptCount, 'prompt')] : []),
          ...(resourceCount > 0 ? [counted(resourceCount, 'resource')] : []),
        ].join(' · ')}</span
      >
    </summary>
    <div class="inside">
      ${trouble === undefined ? callout(message) : paragraph(description)} ${callout(note)}
      ${facts(service, url)} ${agent && agentCard(agent, description)} ${toolList(service)}
    </div>
  </details>`;
}

function facts(service: PageService, url: string): Markup {
  const { namespace, name, path, alias, prefix, version, era, agent } = service;
  const id = `url-${namespace}-${name}`;
  const own = below(url, path);
  return markup`<dl class="facts">
    <dt>Only this one</dt>
    <dd class="line"><code id="${id}">${own}</code>${copyButton(id, `URL of ${name}`)}</dd>
    ${
      alias === undefined
        ? undefined
        : markup`<dt>Also at</dt>
            <dd><code>${below(url, alias)}</code></dd>`
    }
    <dt>Names at /mcp</dt>
    <dd><code>${prefix}_…</code></dd>
    ${
      version === undefined
        ? undefined
        : markup`<dt>Version</dt>
            <dd dir="auto">${version}</dd>`
    }
    ${
      era === undefined && agent === undefined
        ? undefined
        : markup`<dt>Speaks</dt>
            <dd>${agent?.speaks ?? (era && eras[era])}</dd>`
    }
  </dl>`;
}

/** What the agent says of itself. @param shown what stands above already */
function agentCard(agent: PageAgent, shown: string | undefined): Markup {
  const { name, description, version, isStreaming, inputModes, outputModes, skills } = agent;
  const some = skills.slice(0, pageBounds.skills);
  const modes = (label: string, types: readonly string[]): Markup | undefined =>
    types.length === 0
      ? undefined
      : markup`<dt>${label}</dt>
          <dd class="modes">${types.map((type) => markup`<code>${type}</code>`)}</dd>`;
  return markup`<div class="card">
    <h3><span dir="auto">${name}</span> <span class="version" dir="auto">${version}</span></h3>
    ${description === shown ? undefined : paragraph(description)}
    ${
      some.length === 0
        ? undefined
        : markup`<ul class="skills">
            ${some.map(
              (skill) =>
                markup`<li><b dir="auto">${skill.name}</b><span dir="auto">${cut(skill.description ?? '')}</span></li>`,
            )}
          </ul>`
    }
    ${moreNote(skills.length - some.length, 'skills')}
    <dl class="facts">
      ${modes('Takes', inputModes)} ${modes('Gives', outputModes)}
      <dt>Tells of its work</dt>
      <dd>${isStreaming ? 'as it goes on' : 'when asked'}</dd>
    </dl>
  </div>`;
}

function below(url: string, path: string): string {
  return URL.canParse(path, url) ? new URL(path, url).href : path;
}

function toolList({ tools, agent }: PageService): Markup | undefined {
  if (tools.length === 0) return undefined;
  const shown = tools.slice(0, pageBounds.tools);
  // What they do is what the skills say.
  if (agent !== undefined) {
    return markup`<p class="names">
        As tools ${shown.map((tool) => markup`<code>${tool.name}</code> `)}
      </p>
      ${moreNote(tools.length - shown.length, 'tools')}`;
  }
  return markup`<ul class="tools">
      ${shown.map(
        (tool) => markup`<li><code>${tool.name}</code><span dir="auto">${cut(tool.description ?? '')}</span></li>`,
      )}
    </ul>
    ${moreNote(tools.length - shown.length, 'tools')}`;
}

function callout(text: string | undefined): Markup | undefined {
  return text === undefined ? undefined : markup`<p class="callout" dir="auto">${text}</p>`;
}

function paragraph(text: string | undefined): Markup | undefined {
  return text === undefined ? undefined : markup`<p class="description" dir="auto">${text}</p>`;
}

/** A state's mark differs in shape too, not by its colour alone. */
function mark(state: ServiceState): Markup {
  return markup`<span class="mark" data-state="${state}" aria-hidden="true"></span>`;
}

function moreNote(count: number, what: string): Markup | undefined {
  if (count <= 0) return undefined;
  return markup`<p class="more">And ${count} more ${what}: all are in <a href="/api/services">/api/services</a>.</p>`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  return text.length <= pageBounds.description ? text : `${text.slice(0, pageBounds.description - 1)}…`;
}
