import { downstream, upstream, section } from './requirement.ts';
import {
  capabilities,
  downstreamLegacy,
  downstreamLists,
  eras,
  introductions,
  large,
  listing,
  lists,
  logging,
  loggingLevels,
  targets,
} from './tests.ts';

const UNKNOWN = 'an unknown tool, prompt and resource are refused in this era’s words';

/** 2025-11-25, Server Features: completion, logging and pagination. */
export const legacyServerUtilities = [
  ...section(
    '2025-11-25/server/utilities/completion: Capabilities',
    downstream(
      'legacy-completions-declared',
      'completions is declared where a server has it.',
      capabilities('the union declares all that is passed on, whoever is there: a server may come while a client is'),
      capabilities('one server’s path declares what the server does, changes of its lists in any case'),
      introductions('on a server’s own path a ${era} client is told what the server does, in its own words'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/completion: Error Handling',
    downstream(
      'legacy-completion-errors',
      'An unknown prompt and a ref that is none are -32602.',
      downstreamLegacy(UNKNOWN),
      targets('what nobody has is refused in the words of the client’s era'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/completion: Security',
    downstream(
      'legacy-completion-inputs',
      'A completion goes to the server of its prompt or template, and what is no ref is refused.',
      targets('a completion goes to the server of its prompt or template'),
      targets('what nobody has is refused in the words of the client’s era'),
      eras("completes a prompt's argument on ${path}"),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/logging: Capabilities',
    downstream(
      'legacy-logging-declared',
      'Logging is declared wherever log messages may come: on /mcp and on every server’s own path.',
      loggingLevels('logging is declared wherever log messages come, though the server (${name}) does not'),
      loggingLevels('a server (${name}) that knows no levels is heard from the one that its client has set'),
      loggingLevels('the level holds on the session’s own stream too, and on that of a task'),
      logging('a legacy client sets the level for a ${server} server, before it is used and after'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/logging: Error Handling',
    downstream('legacy-logging-errors', 'An unknown level is -32602.', logging('a level that is none is refused')),
  ),
  ...section(
    '2025-11-25/server/utilities/logging: Security',
    downstream(
      'legacy-logging-own',
      'Log messages pass as the server wrote them; the gateway adds none of its own.',
      large('a ${client} client has a large notification before its answer'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/pagination: Pagination Model',
    upstream(
      'legacy-upstream-page-size',
      'Pages of any size are read to the end.',
      downstreamLists('every page of a server’s list is read, and every page of the union’s given out'),
      listing('reads every page; the empty string is a cursor like any other'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/pagination: Implementation Guidelines',
    downstream(
      'legacy-cursors-stable',
      'A cursor stays good when other servers change, and a bad one is told as such.',
      lists('a change amid the pages neither skips nor repeats what other servers list'),
      lists('a cursor that nobody gave out is refused'),
    ),
    upstream(
      'legacy-upstream-cursors-opaque',
      'A server’s cursor is given back as it came; only a missing one ends the list.',
      listing('reads every page; the empty string is a cursor like any other'),
    ),
  ),
  ...section(
    '2025-11-25/server/utilities/pagination: Error Handling',
    downstream(
      'legacy-cursor-error',
      'A cursor that is none is -32602.',
      downstreamLists('every page of a server’s list is read, and every page of the union’s given out'),
    ),
  ),
];
