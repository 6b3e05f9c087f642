import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { readAnswer, verdictOn, type Acceptance } from './verdict.ts';

/** The script with npm's own client, and registries that answer as some do. */

const ADVISORIES = '/-/npm/v1/security/advisories/bulk';
const lodash = advisory(1, 'GHSA-jf85-cpcp-j695', 'Prototype Pollution in lodash', '<4.17.12');

function advisory(id: number, ghsa: string, title: string, range: string) {
  const url = `https://github.com/advisories/${ghsa}`;
  return {
    id,
    url,
    title,
    severity: 'high',
    vulnerable_versions: range,
    cwe: [],
    cvss: { score: 0, vectorString: '' },
  };
}

type Advisories = Record<string, object[]>;

/** A registry that answers the question for advisories, for the packages that are asked about, and nothing else. */
async function registry(t: Test, answers: 'refuses' | 'knows of nothing' | Advisories): Promise<string> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST' || request.url !== ADVISORIES || answers === 'refuses') {
        response.writeHead(request.method === 'POST' ? 405 : 404).end();
        return;
      }
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const asked = JSON.parse(text.toString()) as Record<string, string[]>;
      const known = answers === 'knows of nothing' ? {} : answers;
      const found = Object.entries(known).filter(([name]) => name in asked);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Object.fromEntries(found)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function run(t: Test, url: string, accepted: readonly Acceptance[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'fetchfy-audit-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'accepted.json');
  writeFileSync(file, JSON.stringify(accepted));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--accepted', file], {
    env: { ...process.env, npm_config_registry: url, npm_config_cache: folder, npm_config_fetch_retries: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  return { output, code };
}

const reason = 'The gateway hands it no input that a client chooses.';

t.test('a registry without advisories is told as such, and never as clean', async (t) => {
  for (const answers of ['refuses', 'knows of nothing'] as const) {
    const { output, code } = await run(t, await registry(t, answers));
    t.match(
      output,
      /^npm audit: not available: the registry (answered 405|knows of no advisory even where there is one)\.\n$/,
    );
    t.notMatch(output, 'clean');
    t.equal(code, 0);
  }
});

t.test('a registry that cannot be reached is told as such', async (t) => {
  const { output, code } = await run(t, 'http://127.0.0.1:9/');
  t.match(output, /^npm audit: not available: the registry cannot be reached \(ECONNREFUSED\)\.\n$/);
  t.equal(code, 0);
});

t.test('clean is what a registry calls so that knows of others', async (t) => {
  const { output, code } = await run(t, await registry(t, { lodash: [lodash] }));
  t.equal(output, 'npm audit: clean: no advisory is known for what is installed.\n');
  t.equal(code, 0);
});

t.test('an advisory fails it until it is accepted with a reason', async (t) => {
  const known = { lodash: [lodash], fastify: [advisory(7, 'GHSA-aaaa-bbbb-cccc', 'Something', '*')] };
  const url = await registry(t, known);
  const open = await run(t, url);
  t.match(open.output, /open: high fastify \* GHSA-aaaa-bbbb-cccc: Something \(in the image\)/);
  t.match(open.output, /\n?npm audit: 1 open, 0 accepted\.\n$/);
  t.equal(open.code, 1);
  const acceptance = { advisory: 'GHSA-aaaa-bbbb-cccc', package: 'fastify' };
  const explained = await run(t, url, [{ ...acceptance, reason }]);
  t.match(explained.output, `accepted: high fastify * GHSA-aaaa-bbbb-cccc: Something (in the image). ${reason}`);
  t.match(explained.output, /npm audit: explained: 1 accepted, none open\.\n$/);
  t.equal(explained.code, 0);
  const without = await run(t, url, [{ ...acceptance, reason: '' }]);
  t.match(without.output, /accepted\.json: GHSA-aaaa-bbbb-cccc of fastify needs a reason/);
  t.equal(without.code, 1);
});

t.test('what was accepted and is no longer found is named', async (t) => {
  const stale = { advisory: 'GHSA-aaaa-bbbb-cccc', package: 'gone', reason };
  const { lines, failed } = verdictOn({ kind: 'answered', advisories: [] }, [stale], true);
  t.strictSame(lines, [
    'no longer found, to be taken out of accepted.json: gone GHSA-aaaa-bbbb-cccc',
    'clean: no advisory is known for what is installed.',
  ]);
  t.notOk(failed);
});

t.test('what is no report is no answer', async (t) => {
  const lock = { packages: {} };
  for (const output of [
    '',
    'oops',
    '{}',
    '{"vulnerabilities":{}}',
    '{"auditReportVersion":3,"vulnerabilities":{}}',
    'null',
  ]) {
    t.equal(readAnswer(output, lock).kind, 'not available', output);
  }
});

t.test('each accepted advisory has its reason', async (t) => {
  const accepted = JSON.parse(readFileSync(join(import.meta.dirname, 'accepted.json'), 'utf8')) as Acceptance[];
  t.notOk(verdictOn({ kind: 'answered', advisories: [] }, accepted, true).failed);
});
