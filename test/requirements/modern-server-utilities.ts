import { downstream, upstream, section } from './requirement.ts';
import {
  capabilities,
  downstreamLists,
  downstreamModern,
  eras,
  introductions,
  listing,
  lists,
  loggingRequests,
  questionsParkedLogs,
  targets,
} from './tests.ts';

const OWN_PATH = 'one server’s own path declares what that server has';
const ALL = 'on /mcp a ${era} client is told of all that is passed on, and how each server is used';
const OWN_WORDS = 'on a server’s own path a ${era} client is told what the server does, in its own words';
const UNION = 'the union declares all that is passed on, whoever is there: a server may come while a client is';
const SINGLE = 'one server’s path declares what the server does, changes of its lists in any case';
const LOGGED =
  'each request has the log messages of a ${server} server from its own level, whole, and no stream others';
const UNKNOWN = 'what nobody has is refused in the words of the client’s era';

/** 2026-07-28, Server Features: completion, logging and pagination. */
export const modernServerUtilities = [
  ...section(
    '2026-07-28/server/utilities/completion: Capabilities',
    downstream(
      'modern-completions-declared',
      'completions is declared on /mcp, which passes it on whoever is there, and on a server’s own path where it has it.',
      downstreamModern(OWN_PATH),
      introductions(ALL),
      introductions(OWN_WORDS),
      capabilities(UNION),
      capabilities(SINGLE),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/completion: Error Handling',
    downstream('modern-completion-errors', 'An unknown prompt and a ref that is none are -32602.', targets(UNKNOWN)),
  ),
  ...section(
    '2026-07-28/server/utilities/completion: Security',
    downstream(
      'modern-completion-inputs',
      'A completion goes to the server of its prompt or template, and what is no ref is refused.',
      targets('a completion goes to the server of its prompt or template'),
      targets(UNKNOWN),
      eras("completes a prompt's argument on ${path}"),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Capabilities',
    downstream(
      'modern-logging-declared',
      'logging is declared on /mcp, which passes log messages on, and on a server’s own path where it declares it.',
      introductions(ALL),
      introductions(OWN_WORDS),
      capabilities(UNION),
      capabilities(SINGLE),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Per-request log level',
    downstream(
      'modern-log-level',
      'Log messages come only for a request that set a level, at or above it, on its own stream.',
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
      loggingRequests(LOGGED),
      questionsParkedLogs('messages at the level or above come, whatever the server sends; without a level none'),
    ),
    upstream(
      'modern-upstream-log-level',
      'The level that a client set, by request or by setLevel, reaches a modern server with the request.',
      loggingRequests(
        'the level of a modern client’s request comes to a modern server with it, and none where none was set',
      ),
      loggingRequests('the level that a legacy client has set comes to a modern server with each of its requests'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Error Handling',
    downstream(
      'modern-log-level-unknown',
      'An unknown level is -32602.',
      questionsParkedLogs('a level that is none is refused, whatever the method'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Security',
    downstream(
      'modern-logging-own',
      'Log messages pass as the server wrote them; the gateway adds none of its own.',
      loggingRequests(LOGGED),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/pagination: Pagination Model',
    upstream(
      'modern-upstream-page-size',
      'Pages of any size are read to the end.',
      downstreamLists('every page of a server’s list is read, and every page of the union’s given out'),
      listing('reads every page; the empty string is a cursor like any other'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/pagination: Implementation Guidelines',
    downstream(
      'modern-cursors-stable',
      'A cursor stays good when other servers change; the empty one is a cursor.',
      lists('a change amid the pages neither skips nor repeats what other servers list'),
      downstreamLists('every page of a server’s list is read, and every page of the union’s given out'),
    ),
    upstream(
      'modern-upstream-cursors-opaque',
      'A server’s cursor is given back as it came; only a missing one ends the list.',
      listing('reads every page; the empty string is a cursor like any other'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/pagination: Error Handling',
    downstream(
      'modern-cursor-error',
      'A cursor that is none is -32602.',
      downstreamLists('every page of a server’s list is read, and every page of the union’s given out'),
    ),
  ),
];
