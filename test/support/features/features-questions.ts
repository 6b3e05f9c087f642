import assert from 'node:assert/strict';
import { userUrl } from './behaviour.ts';
import { lacks, type Cell, type Feature } from './feature.ts';
import type { Call, Heard } from './clients.ts';

/** What a server asks a client in the midst of a call. */

/** Calls, and gives what was asked by a method meanwhile, and the text of the answer. */
async function answered(
  { client, at }: Cell,
  call: Call,
  method: string,
): Promise<{ asked: readonly Heard[]; text: string }> {
  const from = client.asked.length;
  const { content } = await client.call(at(call));
  return {
    // Some servers ask for the roots when it pleases them.
    asked: client.asked.slice(from).filter((one) => one.method === method),
    text: content.map((each) => String(each['text'])).join('\n'),
  };
}

export const questionFeatures: readonly Feature[] = [
  {
    name: 'the client’s model is asked (sampling)',
    missing: lacks.session,
    trial: async (cell) => {
      const trial = cell.dialect.model(cell.key);
      const { asked, text } = await answered(cell, trial, 'sampling/createMessage');
      assert.match(text, trial.says);
      assert.equal(asked.length, 1);
    },
  },
  {
    name: 'the user fills a form (elicitation)',
    missing: lacks.any(lacks.since('2025-06-18'), lacks.session),
    trial: async (cell) => {
      const { call, accepted } = cell.dialect.user(cell.key);
      const { asked, text } = await answered(cell, call, 'elicitation/create');
      assert.match(text, accepted);
      assert.ok(asked[0]?.params?.['requestedSchema'], JSON.stringify(asked));
    },
  },
  {
    name: 'the user declines a form',
    missing: lacks.any(lacks.since('2025-06-18'), lacks.session),
    trial: async (cell) => {
      const { call, declined } = cell.dialect.user(cell.key);
      cell.client.user = 'declines';
      try {
        assert.match((await answered(cell, call, 'elicitation/create')).text, declined);
      } finally {
        cell.client.user = 'accepts';
      }
    },
  },
  {
    name: 'the user is sent to a URL (elicitation)',
    missing: lacks.any(lacks.since('2025-11-25'), lacks.session),
    trial: async (cell) => {
      const { call, accepted } = cell.dialect.url(cell.key);
      const { asked, text } = await answered(cell, call, 'elicitation/create');
      assert.match(text, accepted);
      const params = asked[0]?.params;
      assert.partialDeepStrictEqual(params, { mode: 'url', message: cell.key, url: userUrl });
      // 2026-07-28 has none.
      assert.equal(typeof params?.['elicitationId'], cell.client.isModern ? 'undefined' : 'string');
    },
  },
  {
    name: 'a tool wants the user to open a URL first (-32042)',
    missing: lacks.any(lacks.since('2025-11-25'), ({ server }) =>
      server.eras.includes('modern') ? '2026-07-28 does not have it.' : undefined,
    ),
    trial: async (cell) => {
      const call = (cell.dialect.urlFirst as (key: string) => Call)(cell.key);
      if (cell.client.isModern) {
        const { asked, text } = await answered(cell, call, 'elicitation/create');
        assert.partialDeepStrictEqual(asked[0]?.params, { mode: 'url' });
        assert.match(text, /The user has been there|accept/);
        return;
      }
      await assert.rejects(
        cell.client.call(cell.at(call)),
        (error: { code: number; data: { elicitations: unknown } }) => {
          assert.equal(error.code, -32042);
          assert.partialDeepStrictEqual(error.data.elicitations, [{ mode: 'url' }]);
          return true;
        },
      );
      const { content } = await cell.client.call(cell.at(call));
      assert.match(JSON.stringify(content), /The user has been there|accept/);
    },
  },
  {
    name: 'the client’s roots are listed',
    missing: lacks.session,
    trial: async (cell) => {
      const { text } = await answered(cell, cell.dialect.roots, 'roots/list');
      assert.match(text, cell.dialect.roots.says);
    },
  },
];
