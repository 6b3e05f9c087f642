import type { Principal } from '../access/principal.ts';
import type { LimitName } from '../limits/limit-error.ts';
import type { Denied, ErrorType } from '../mcp/errors.ts';
import type { RoutedServer } from '../routing/route.ts';
import { quoted } from './quoted.ts';
import type { ShownJson } from './shown-json.ts';
import { withoutSecrets } from './secrets.ts';

/** Why a request was denied; of one that was not found: the rules hide from its caller what it asked for. */
export type DenialReason = 'unauthorized' | 'insufficient_scope' | 'forbidden' | 'rules' | Denied | LimitName;

/** One request, as it is written. */
export interface AuditRecord {
  /** When it had its answer, in milliseconds since 1970. */
  readonly time: number;
  /** Undefined where it was not found out. */
  readonly principal: Principal | undefined;
  /** Where it came from, where nobody said who they are. */
  readonly address: string | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly server: RoutedServer | undefined;
  /** What of the server, by the word for its kind. */
  readonly item: AskedItem | undefined;
  /** Undefined: it was allowed. */
  readonly why: DenialReason | undefined;
  /** What else was denied, of a request that named several things. */
  readonly alsoDenied: readonly Denial[];
  /** `error`: the server's own. */
  readonly outcome: 'ok' | 'error' | ErrorType;
  /** JSON-RPC error code, where it is known. */
  readonly code: number | undefined;
  /** HTTP status. */
  readonly status: number;
  readonly seconds: number;
  /** Of bodies, and with the answer's head; undefined where they are not known. */
  readonly requestBytes: number | undefined;
  readonly answerBytes: number | undefined;
  readonly sessionId: string | undefined;
  readonly traceId: string | undefined;
  readonly arguments: ShownJson | undefined;
}

/** What was denied, and why. */
export interface Denial {
  readonly why: DenialReason;
  readonly server: RoutedServer | undefined;
  readonly item: AskedItem | undefined;
}

/** What is asked for. */
export interface AskedItem {
  readonly kind: 'tool' | 'prompt' | 'resource';
  readonly name: string;
}

/** How much of a session id is written: enough to tell two apart, too little to use one. */
const SHOWN_OF_SESSION = 8;
/** No session id of the gateway's own is shorter. */
const SESSION_LENGTH = 32;
const MAX_METHOD = 64;
/** How much of what else was denied is written: a request can name thousands of things, and is one line. */
const MAX_ALSO = 32;

/** The line of a request, with its line feed: one JSON object, which no text of a client's can end or forge. */
export function auditLine(record: AuditRecord): string {
  const { principal, server, item, why, code, requestBytes, answerBytes, sessionId, traceId } = record;
  let line = `{"level":"info","time":"${timeText(record.time)}","audit":true,"decision":"${why === undefined ? 'allow"' : `deny","why":"${why}"`}`;
  line += `,"outcome":"${record.outcome}"`;
  if (code !== undefined) line += `,"code":${code}`;
  line += `,"status":${record.status},"method":${quoted(record.method, MAX_METHOD)},"path":${quoted(record.path)}`;
  if (principal !== undefined) line += principalText(principal);
  if (record.address !== undefined) line += `,"address":${quoted(record.address)}`;
  line += targetText(server, item) + othersText(record.alsoDenied);
  line += `,"durationMs":${Math.round(record.seconds * 1e5) / 100}`;
  if (requestBytes !== undefined) line += `,"requestBytes":${requestBytes}`;
  if (answerBytes !== undefined) line += `,"answerBytes":${answerBytes}`;
  if (sessionId !== undefined && sessionId.length >= SESSION_LENGTH) {
    line += `,"session":${quoted(sessionId.slice(0, SHOWN_OF_SESSION))}`;
  }
  if (traceId !== undefined) line += `,"traceId":"${traceId}"`;
  return `${line}${argumentsText(record.arguments)}}\n`;
}

/** The line that says what is missing. @param now in milliseconds since 1970 */
export function droppedLine(count: number, now: number): string {
  const says = `${count} audit lines were dropped: standard output was not read.`;
  return `{"level":"warn","time":"${timeText(now)}","audit":true,"dropped":${count},"message":"${says}"}\n`;
}

const principalTexts = new WeakMap<Principal, string>();

/** One object stands for many requests. */
function principalText(principal: Principal): string {
  let text = principalTexts.get(principal);
  if (text === undefined) {
    const { name, method, issuer } = principal;
    text = `,"principal":${quoted(name)},"auth":"${method}"`;
    if (issuer !== undefined) text += `,"issuer":${quoted(issuer)}`;
    principalTexts.set(principal, text);
  }
  return text;
}

function targetText(server: RoutedServer | undefined, item: AskedItem | undefined): string {
  const text = server === undefined ? '' : `,"server":"${server.upstream.key}"`;
  return item === undefined ? text : `${text},"${item.kind}":${quoted(nameOf(item))}`;
}

function othersText(denials: readonly Denial[]): string {
  if (denials.length === 0) return '';
  const texts = denials
    .slice(0, MAX_ALSO)
    .map(({ why, server, item }) => `{"why":"${why}"${targetText(server, item)}}`);
  const count = denials.length > MAX_ALSO ? `,"deniedCount":${denials.length + 1}` : '';
  return `,"alsoDenied":[${texts.join(',')}]${count}`;
}

function nameOf({ kind, name }: AskedItem): string {
  return kind === 'resource' ? withoutSecrets(name) : name;
}

function argumentsText(shown: ShownJson | undefined): string {
  if (shown === undefined) return '';
  return shown.isCut ? `,"argumentsBegin":${quoted(shown.text, shown.text.length)}` : `,"arguments":${shown.text}`;
}

let lastTime = NaN;
let lastText = '';

/** Many lines are of one millisecond. */
function timeText(now: number): string {
  if (now !== lastTime) {
    lastTime = now;
    lastText = new Date(now).toISOString();
  }
  return lastText;
}
