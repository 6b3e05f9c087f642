import assert from 'node:assert/strict';
import { until } from '../until.ts';
import type { Heard, Result } from './clients.ts';
import { HURRIED_MS, isStateless, lacks, type Cell, type Feature } from './feature.ts';
import type { Trial } from './dialects.ts';

/** What a client asks of a server, and what comes while it waits. */

const textOf = (value: unknown): string => JSON.stringify(value);

async function says({ client, at }: Cell, trial: Trial): Promise<Result> {
  const result = await client.call(at(trial));
  assert.match(textOf(result.content), trial.says);
  return result;
}

const refusal = async (request: Promise<unknown>): Promise<{ readonly code: unknown; readonly message: string }> =>
  request.then(
    (answer) => assert.fail(`It was answered: ${textOf(answer)}`),
    (error: { code: unknown; message: string }) => error,
  );

export const callFeatures: readonly Feature[] = [
  {
    name: 'a tool is called',
    trial: async (cell) => {
      const { client, dialect, key, at } = cell;
      await says(cell, dialect.echo(key));
      const { name, arguments: args } = at(dialect.echo(key));
      const raw = await client.request('tools/call', { name, arguments: args });
      assert.partialDeepStrictEqual(raw, dialect.echoed ?? {});
    },
  },
  {
    name: 'a tool answers structured content',
    missing: lacks.since('2025-06-18'),
    trial: async ({ client, dialect, at }) => {
      const { structuredContent } = await client.call(at(dialect.structured.call));
      assert.deepEqual(structuredContent, dialect.structured.content);
    },
  },
  {
    name: 'a tool answers text, image, audio, links and resources',
    // Before, links and, in 2024-11-05, audio did not exist.
    missing: lacks.since('2025-06-18'),
    trial: async ({ client, dialect, at }) => {
      const { content } = await client.call(at(dialect.contents.call));
      if (dialect.contents.content === undefined) assert.equal(content.length, 2);
      else assert.deepEqual(content, dialect.contents.content);
    },
  },
  {
    name: 'a tool answers an error of its own',
    missing: lacks.member(({ error }) => error, 'has no tool that fails'),
    trial: async (cell) => {
      const result = await says(cell, cell.dialect.error as Trial);
      assert.equal(result.isError, true);
    },
  },
  {
    name: 'a prompt is got',
    trial: async ({ client, dialect: { prompt }, name }) => {
      const got = await client.request('prompts/get', { name: name(prompt.name), arguments: prompt.arguments });
      assert.match(textOf(got['messages']), prompt.says);
    },
  },
  {
    name: 'a resource is read',
    trial: async ({ client, dialect: { resource } }) => {
      const read = await client.request('resources/read', { uri: resource.uri });
      assert.match(textOf(read['contents']), resource.says);
    },
  },
  {
    name: 'a resource of a template is read',
    trial: async ({ client, dialect: { template } }) => {
      const read = await client.request('resources/read', { uri: template.uri });
      assert.match(textOf(read['contents']), template.says);
    },
  },
  {
    name: 'a resource that is not there has the error of the client’s era',
    trial: async ({ client, dialect }) => {
      const { code } = await refusal(client.request('resources/read', { uri: dialect.missing }));
      // SDK 1 says -32602 for it in the legacy era already.
      assert.ok(code === -32602 || (code === -32002 && !client.isModern), `the code is ${String(code)}`);
    },
  },
  {
    name: 'an argument of a prompt is completed',
    trial: async ({ client, dialect: { promptCompletion: completed }, name }) => {
      const ref = { type: 'ref/prompt', name: name(completed.of) };
      const { completion } = await client.request('completion/complete', { ref, argument: completed.argument });
      assert.deepEqual((completion as { values: unknown }).values, completed.values);
    },
  },
  {
    name: 'a variable of a resource template is completed',
    trial: async ({ client, dialect: { template } }) => {
      const ref = { type: 'ref/resource', uri: template.of };
      const { completion } = await client.request('completion/complete', { ref, argument: template.argument });
      assert.deepEqual((completion as { values: unknown }).values, template.values);
    },
  },
  {
    name: 'a mirrored parameter (x-mcp-header) reaches the tool',
    missing: (pair) =>
      !pair.isModern && pair.server.eras.includes('legacy')
        ? 'The legacy era does not have it.'
        : lacks.member(({ mirrored }) => mirrored, 'has no tool with mirrored parameters')(pair),
    trial: async ({ client, pair, dialect, key, at }) => {
      // An SDK that does not know the tool's schema mirrors nothing.
      await client.listTools();
      const region = `Zürich ${key}`;
      const { content } = await client.call(at((dialect.mirrored as (region: string) => Trial)(region)));
      const seen = JSON.parse(String(content[0]?.['text'])) as { readonly region: string; readonly header?: string };
      assert.equal(seen.region, region);
      if (pair.server.eras.includes('modern')) assert.ok(seen.header, 'the server got the header');
    },
  },
  {
    name: 'progress is heard',
    trial: async ({ client, dialect, at }) => {
      const seen: number[] = [];
      let asked: number;
      do {
        asked = client.asked.length;
        seen.length = 0;
        await client.call(at(dialect.count(3, 10)), { onProgress: (done) => seen.push(done) });
        // server-everything asks new sessions for roots in the midst of anything. A modern client answers with a new
        // request, and has none on which it could hear of progress until then.
      } while (client.isModern && client.asked.length > asked);
      assert.deepEqual(seen, [1, 2, 3]);
    },
  },
  {
    name: 'log messages are heard from the level that was asked for',
    missing: lacks.any(({ isModern, server }) =>
      isModern && !server.dialect.log.within
        ? `${server.title} logs outside of calls, for which 2026-07-28 has no place.`
        : undefined,
    ),
    trial: async ({ client, dialect, key, at }) => {
      const call = at(dialect.log.call(key));
      if (!dialect.log.within) {
        await client.call(call, { logLevel: 'debug' });
        const isLog = ({ method }: Heard): boolean => method === 'notifications/message';
        await until('a log message', () => client.heard.some(isLog), { state: () => client.heard.slice(-10) });
        await client.call(call);
        return;
      }
      await client.call(call, { logLevel: 'info' });
      const levels = (): unknown[] =>
        client.heard
          .filter(({ method, params }) => method === 'notifications/message' && textOf(params).includes(key))
          .map(({ params }) => params?.['level']);
      await until('two log messages', () => levels().length >= 2, { state: () => client.heard.slice(-10) });
      assert.deepEqual(levels(), ['info', 'error']);
    },
  },
  {
    name: 'a call is cancelled at the server',
    missing: lacks.any(
      lacks.session,
      lacks.member(({ cancellable }) => cancellable, 'tells nobody that a call was cancelled'),
    ),
    trial: async ({ client, server, dialect, key, at }) => {
      const controller = new AbortController();
      const call = at((dialect.cancellable as (key: string) => Trial)(key));
      const options = { signal: controller.signal, onProgress: () => controller.abort(new Error('no longer')) };
      const { message } = await refusal(client.call(call, options));
      assert.match(message, /no longer|abort|cancel/i);
      await until('the server to hear of it', () => server.wasCancelled(key), { everyMs: 20 });
    },
  },
  {
    name: 'ping is answered',
    missing: ({ isModern }) => (isModern ? '2026-07-28 does not have it.' : undefined),
    trial: async ({ client }) => {
      assert.deepEqual(await client.request('ping'), {});
    },
  },
  {
    name: 'a call ends at its deadline, progress or not',
    trial: async ({ server, dialect, at, hurried }) => {
      const client = await hurried();
      const steps = 100;
      const begin = performance.now();
      let heard = 0;
      const call = client.call(at(dialect.count(steps, 100)), { onProgress: () => heard++ });
      const { message } = await refusal(call);
      const took = performance.now() - begin;
      assert.match(message, new RegExp(`default/${server.kind.name}`), 'the error names the server');
      assert.ok(took >= HURRIED_MS - 50 && heard < steps, `it took ${took} ms, ${heard} steps`);
    },
  },
];

/** The server loses what it knew; clients are not to notice. */
async function goesOn(cell: Cell): Promise<void> {
  await says(cell, cell.dialect.echo(cell.key));
  if (!isStateless(cell.pair)) await says(cell, cell.dialect.model(cell.key));
}

export const lossFeatures: readonly Feature[] = [
  {
    name: 'the server forgets its sessions',
    missing: lacks.any(
      ({ server }) => (server.eras.includes('modern') ? 'The modern era has no sessions.' : undefined),
      lacks.session,
      ({ server }) => (server.canForget ? undefined : `${server.title} forgets nothing as long as it runs.`),
    ),
    between: (server) => server.forget(),
    trial: goesOn,
  },
  { name: 'the server is started anew', between: (server) => server.restart(), trial: goesOn },
];
