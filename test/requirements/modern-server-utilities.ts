import { downstream, missing, upstream, section } from './requirement.ts';
import { downstreamLists, downstreamModern, eras, listing, lists, targets } from './tests.ts';

const OWN_PATH = 'one server’s own path declares what that server has';
const UNKNOWN = 'what nobody has is refused in the words of the client’s era';

/** 2026-07-28, Server Features: completion, logging and pagination. */
export const modernServerUtilities = [
  ...section(
    '2026-07-28/server/utilities/completion: Capabilities',
    downstream(
      'modern-completions-declared',
      'completions is declared where a server has it.',
      downstreamModern(OWN_PATH),
      missing('discover of the union, with and without servers that have it.'),
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
      'Log messages reach a client only where logging is declared.',
      missing('discover declares logging where a server has it.'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Per-request log level',
    downstream(
      'modern-log-level',
      'Log messages come only for a request that set a level, at or above it, on its own stream.',
      downstreamModern('on the stream of a call to a legacy server stands its own progress and nothing else'),
      missing('Levels set, unset and different, of servers of both eras, with a listen stream open beside.'),
    ),
    upstream(
      'modern-upstream-log-level',
      'The level that a client set, by request or by setLevel, reaches a modern server with the request.',
      missing('logLevel as it arrives, of modern and of legacy clients, and none where none was set.'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Error Handling',
    downstream(
      'modern-log-level-unknown',
      'An unknown level is -32602.',
      missing('A bad logLevel on calls and lists.'),
    ),
  ),
  ...section(
    '2026-07-28/server/utilities/logging: Security',
    downstream(
      'modern-logging-own',
      'Log messages pass as the server wrote them; the gateway adds none of its own.',
      missing('Log messages of a modern and of a legacy server for a request with a level, compared whole.'),
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
