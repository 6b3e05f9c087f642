import type { TestReference } from './requirement.ts';

/** The files of tests that rows refer to, each as a function of a title. */

type TestFile = (title: string, entry?: string) => TestReference;

const testFile =
  (file: string): TestFile =>
  (title, entry) => ({ file, title, ...(entry !== undefined && { entry }) });

const endToEnd = (name: string): TestFile => testFile(`test/end-to-end/${name}.test.ts`);
const unit = (name: string): TestFile => testFile(`test/gateway/${name}.test.ts`);

export const admin = endToEnd('admin');
export const answers = endToEnd('answers');
export const batches = endToEnd('batches');
export const cachingResults = endToEnd('caching-results');
export const contentsWhole = endToEnd('contents-whole');
export const cancellations = endToEnd('cancellations');
export const contentsOfEras = endToEnd('contents-of-eras');
export const deadlines = endToEnd('downstream-deadlines');
export const downstreamLegacy = endToEnd('downstream-legacy');
export const downstreamLists = endToEnd('downstream-lists');
export const downstreamModern = endToEnd('downstream-modern');
export const drain = endToEnd('drain');
export const eras = endToEnd('eras');
export const faults = endToEnd('faults');
export const fuzz = endToEnd('downstream-fuzz');
export const fuzzAnswers = endToEnd('fuzz-answers');
export const large = endToEnd('downstream-large');
export const hosts = endToEnd('hosts');
export const freshness = endToEnd('lists-freshness');
export const introductions = endToEnd('lists-introductions');
export const listeners = endToEnd('lists-listeners');
export const loggingRequests = endToEnd('logging-requests');
export const httpSse = endToEnd('http-sse');
export const legacyStreams = endToEnd('legacy-streams');
export const limits = endToEnd('limits');
export const listChanges = endToEnd('list-changes');
export const listsOfEras = endToEnd('lists-eras');
export const logging = endToEnd('logging');
export const notUtf8 = endToEnd('not-utf8');
export const parameters = endToEnd('parameters');
export const modernAnswers = endToEnd('modern-answers');
export const modernCancellation = endToEnd('modern-cancellation');
export const modernCapabilities = endToEnd('modern-capabilities');
export const modernExtensions = endToEnd('modern-extensions');
export const modernSchemas = endToEnd('modern-schemas');
export const modernServers = endToEnd('modern-servers');
export const modernSubscriptions = endToEnd('modern-subscriptions');
export const parkedEnds = endToEnd('questions-parked-ends');
export const parkedRounds = endToEnd('questions-parked-rounds');
export const questionsWire = endToEnd('questions-wire');
export const questions = endToEnd('questions-legacy');
export const questionsParkedLogs = endToEnd('questions-parked-logs');
export const resourceSubscriptions = endToEnd('resource-subscriptions');
export const resourceUpdates = endToEnd('resource-updates');
export const resumption = endToEnd('resumption');
export const sessions = endToEnd('sessions');
export const tasksLegacyProgress = endToEnd('tasks-legacy-progress');
export const tasksLegacy = endToEnd('tasks-legacy');
export const tasksLegacyWire = endToEnd('tasks-legacy-wire');
export const tasksList = endToEnd('tasks-list');
export const tasksListen = endToEnd('tasks-listen');
export const tasksModern = endToEnd('tasks-modern');
export const tasksOfClients = endToEnd('tasks-of-clients');
export const tasksRequired = endToEnd('tasks-required');
export const variants = endToEnd('lists-variants');
export const upstreamCatalogues = endToEnd('upstream-catalogues');
export const upstreamChanges = endToEnd('upstream-changes');
export const upstreamPolling = endToEnd('upstream-polling');
export const upstreamSessions = endToEnd('upstream-sessions');

export const answerStream = unit('call/answer-stream');
export const backoff = unit('upstream/backoff');
export const capabilities = unit('mcp/capabilities');
export const connect = unit('upstream/connect');
export const eraProbe = unit('upstream/era-probe');
export const eraViews = unit('upstream/era-views');
export const headerValue = unit('mcp/header-value');
export const httpSseDispatcher = unit('upstream/http-sse-dispatcher');
export const httpSseEndpoint = unit('upstream/http-sse-endpoint');
export const itemChecks = unit('upstream/item-checks');
export const keeping = unit('mcp/keeping');
export const listing = unit('upstream/listing');
export const listening = unit('upstream/listening');
export const lists = unit('mcp/lists');
export const names = unit('routing/names');
export const parameterValidation = unit('call/parameter-validation');
export const parameterHeaders = unit('upstream/parameter-headers');
export const route = unit('routing/route');
export const servingPrincipals = unit('serving-principals');
export const rpcClient = unit('upstream/rpc-client');
export const sseFrames = unit('jsonrpc/sse-frames');
export const taskIds = unit('call/task-ids');
export const targets = unit('mcp/targets');
export const unitHosts = unit('http/hosts');
export const upstreamServerHttpSse = unit('upstream/upstream-server-http-sse');
export const upstreamServer = unit('upstream/upstream-server');
