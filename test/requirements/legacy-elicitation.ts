import { downstream, upstream, section } from './requirement.ts';
import {
  askable,
  askedByModern,
  askedLegacy,
  askedUrls,
  declaredToServers,
  parkedRounds,
  questions,
  upstreamServer,
} from './tests.ts';

/** 2025-11-25, Client Features: elicitation, which the gateway relays between server and client. */
export const legacyElicitation = [
  ...section(
    '2025-11-25/client/elicitation: Capabilities',
    upstream(
      'legacy-upstream-elicitation-declared',
      'elicitation is declared to a server with the client’s modes, {} being form.',
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'elicitation without a mode',
      ),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'elicitation by form',
      ),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'elicitation by URL',
      ),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'elicitation by both',
      ),
      declaredToServers(
        'a legacy client’s capabilities are declared to a server in its session as they are',
        'nothing',
      ),
      declaredToServers(
        'of a modern client’s capabilities is declared what its call can be asked, roots without their changes',
      ),
      askable('a client is asked what it declared, in the modes that it declared'),
    ),
    downstream(
      'legacy-elicitation-modes',
      'A client is asked only in a mode that it declared.',
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'a URL, of a client with forms',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'a URL, of a client whose elicitation is empty',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'a form, of a client with URLs alone',
      ),
      parkedRounds('what was not declared is refused, and the call goes on'),
      askedByModern(
        'what a client did not declare it is not asked, and the call ends with an error',
        'a URL, of a client whose elicitation is empty',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Elicitation Requests',
    downstream(
      'legacy-elicitation-unchanged',
      'A server’s elicitation reaches a client as it is; without a mode it is form mode.',
      questions('a server asks on the stream of its answer, on /mcp${path}'),
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a form, without a mode',
      ),
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'a form of every kind of field, with its mode',
      ),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Form Mode Elicitation Requests',
    downstream(
      'legacy-elicitation-form',
      'A form of a modern server comes to a legacy client with its requestedSchema.',
      askedByModern('a form comes with its schema, and the retry brings what the user filled in'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: URL Mode Elicitation Requests',
    downstream(
      'legacy-elicitation-url',
      'A URL of a modern server comes to a legacy client with an elicitationId of the gateway’s.',
      askedByModern('a URL comes as it is, under an elicitationId of the gateway’s'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Completion Notifications for URL Mode Elicitation',
    downstream(
      'legacy-elicitation-complete',
      'notifications/elicitation/complete reaches only the client that was asked, with the id that it knows.',
      askedUrls('the end of a visit is told to the client that was asked alone, on its own stream'),
      askedUrls('the end of a visit is told once, by the server that asked for it, under its own id'),
      askedUrls('a modern client, whose era has no such ids, is told of no end'),
    ),
    upstream(
      'legacy-upstream-elicitation-complete',
      'A completion of what its server never asked, or has completed before, is ignored.',
      askedUrls('the end of a visit is told once, by the server that asked for it, under its own id'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: URL Elicitation Required Error',
    downstream(
      'legacy-elicitation-required',
      'A server’s -32042 passes with its elicitations to legacy clients; to those of older versions it is an error like any other.',
      askedUrls('an error that sends the user to URLs first passes as it is, to clients of every version'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Error Handling',
    upstream(
      'legacy-upstream-elicitation-errors',
      'A server that asks in a mode that was not declared gets -32602, without the capability -32601.',
      upstreamServer("a server's ping is answered, anything else it asks for refused"),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'a form, of a client with roots',
      ),
      askedLegacy(
        'what a client did not declare is refused to the server on ${place}, and not asked',
        'a URL, of a client with forms',
      ),
      parkedRounds('what was not declared is refused, and the call goes on'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Security Considerations',
    downstream(
      'legacy-elicitation-bound',
      'A question goes to the client whose call it came in, and only its answer is taken.',
      questions('many clients are asked at once, each what is its own'),
      askedLegacy('only the answer of the client that was asked is taken, and the first'),
    ),
    upstream(
      'legacy-upstream-elicitation-source',
      'What a server asks on a call’s stream comes on that very call’s, whose name says which server it is; its own path has no other.',
      askedLegacy('two servers ask one client at once under one id: it sees two, and each gets its own answer'),
    ),
  ),
  ...section(
    '2025-11-25/client/elicitation: Safe URL Handling',
    upstream(
      'legacy-upstream-elicitation-url-untouched',
      'The gateway never fetches the URL of an elicitation, and passes it unchanged.',
      askedUrls('the URL that a user is sent to is not touched by the gateway'),
    ),
  ),
  ...section(
    '2025-11-25/schema: ElicitRequestURLParams',
    upstream(
      'legacy-upstream-elicitation-id-opaque',
      'An elicitationId is given on as it is.',
      askedLegacy(
        'a request of a server on ${place} and the client’s result pass as they are',
        'the user to visit a URL, under an odd id',
      ),
      askedUrls('the end of a visit is told once, by the server that asked for it, under its own id'),
    ),
  ),
];
