import type { Exclusion } from './requirement.ts';

/** Sections, or files as a whole, that do not concern the gateway. */
const whole: readonly Exclusion[] = [
  ...excluded('Authorization has requirements of its own, beside authorization itself.', {
    '2025-11-25/basic/authorization': [],
    '2026-07-28/basic/authorization/index': [],
    '2026-07-28/basic/authorization/security-considerations': [],
    '2025-11-25/basic/index': ['Auth'],
    '2025-11-25/client/elicitation': ['Statefulness'],
    '2026-07-28/basic/index': ['Auth'],
  }),
  ...excluded('The gateway is no authorization server, and registers with none.', {
    '2026-07-28/basic/authorization/authorization-server-discovery': [],
    '2026-07-28/basic/authorization/client-registration': [],
  }),
  ...excluded('The gateway speaks HTTP only: no stdio, no transport of its own.', {
    '2025-11-25/basic/lifecycle': ['stdio'],
    '2025-11-25/basic/transports': ['stdio', 'Custom Transports'],
    '2026-07-28/basic/transports/index': ['Custom Transports'],
    '2026-07-28/basic/transports/stdio': [],
    '2026-07-28/basic/versioning': ['Compatibility Matrix'],
    '2026-07-28/server/discover': ['When to Call'],
  }),
  ...excluded('The gateway has no user interface: what a person sees and consents to is the client’s part.', {
    '2025-11-25/client/elicitation': ['User Interaction Model', 'Requested Schema'],
    '2025-11-25/client/sampling': ['User Interaction Model'],
    '2025-11-25/server/tools': ['User Interaction Model'],
    '2026-07-28/client/elicitation': ['User Interaction Model', 'Requested Schema', 'Example: Request Sensitive Data'],
    '2026-07-28/client/sampling': ['User Interaction Model'],
    '2026-07-28/server/tools': ['User Interaction Model'],
  }),
  ...excluded('The gateway neither fetches nor shows icons; it passes them on with the item that they belong to.', {
    '2025-11-25/basic/index': ['icons'],
    '2025-11-25/schema': ['Icon', 'Icons'],
    '2026-07-28/basic/index': ['icons'],
    '2026-07-28/schema': ['Icon', 'Icons'],
  }),
  ...excluded('The gateway validates nothing against a tool’s schema: both ends do, and it passes schemas unchanged.', {
    '2025-11-25/basic/index': ['Schema Dialect', 'Schema Validation'],
    '2026-07-28/basic/index': ['Schema Dialect', 'Schema Validation'],
  }),
  ...excluded('It binds the server that asks, or the client’s model, and passes the gateway inside a message.', {
    '2025-11-25/client/elicitation': ['Form Mode Security', 'Identifying the User', 'Phishing'],
    '2025-11-25/client/roots': ['Security Considerations'],
    '2025-11-25/client/sampling': ['Tool Choice Modes', 'Security Considerations'],
    '2025-11-25/schema': ['ToolChoice', 'ToolUseContent', 'ToolResultContent', 'ModelPreferences', 'ModelHint'],
    '2026-07-28/client/elicitation': ['Form Mode Security', 'Identifying the User', 'Phishing'],
    '2026-07-28/client/roots': ['Security Considerations'],
    '2026-07-28/client/sampling': ['Tool Choice Modes', 'Security Considerations'],
    '2026-07-28/schema': ['ToolChoice', 'ToolUseContent', 'ToolResultContent', 'ModelPreferences', 'ModelHint'],
  }),
  ...excluded('It is about a server that has credentials at third parties; the gateway has none.', {
    '2025-11-25/client/elicitation': ['URL Mode Elicitation for OAuth Flows', 'Understanding the Distinction'],
    '2026-07-28/client/elicitation': ['URL Mode Elicitation for OAuth Flows', 'Understanding the Distinction'],
  }),
  ...excluded('It binds the server that has the prompts and resources, and its choice of URIs.', {
    '2025-11-25/server/prompts': ['Security'],
    '2025-11-25/server/resources': ['https://', 'Custom URI Schemes'],
    '2025-11-25/server/tools': ['Embedded Resources'],
    '2026-07-28/server/prompts': ['Security'],
    '2026-07-28/server/resources': ['https://', 'Custom URI Schemes'],
    '2026-07-28/server/tools': ['Embedded Resources'],
  }),
  ...excluded(
    'Not about the wire: logs, caches and limits of servers and clients, and advice to those who build them.',
    {
      '2025-11-25/basic/utilities/cancellation': ['Implementation Notes'],
      '2025-11-25/basic/utilities/tasks': ['Resource Management', 'Audit and Logging'],
      '2025-11-25/index': [],
      '2025-11-25/schema': ['Error'],
      '2025-11-25/server/utilities/completion': ['Implementation Considerations'],
      '2025-11-25/server/utilities/logging': ['Implementation Considerations'],
      '2026-07-28/basic/patterns/cancellation': ['Implementation Notes'],
      '2026-07-28/index': [],
      '2026-07-28/schema': ['Error'],
      '2026-07-28/server/utilities/completion': ['Implementation Considerations'],
      '2026-07-28/server/utilities/logging': ['Implementation Considerations'],
      'ext-tasks': ['Supported Methods'],
    },
  ),
  ...excluded('Deprecation: for who adopts a feature anew. The gateway serves those who have it.', {
    '2026-07-28/basic/transports/streamable-http': ['HTTP+SSE Transport (2024-11-05)'],
    '2026-07-28/client/roots': ['(top)'],
    '2026-07-28/client/sampling': ['(top)'],
    '2026-07-28/deprecated': [],
    '2026-07-28/server/utilities/logging': ['(top)'],
  }),
  ...excluded('It repeats another section, which has its rows.', {
    '2025-11-25/schema': [
      'TaskAugmentedRequestParams',
      'CancelledNotificationParams',
      'CancelledNotification',
      'ClientCapabilities',
      'CallToolResult',
    ],
    '2026-07-28/changelog': ['Minor changes'],
    '2026-07-28/schema': [
      'MetaObject',
      'RequestMetaObject',
      'NotificationMetaObject',
      'ResultMetaObject',
      'Result',
      'HeaderMismatchError',
      'UnsupportedProtocolVersionError',
      'MissingRequiredClientCapabilityError',
      'InputRequiredResult',
      'CancelledNotificationParams',
      'CancelledNotification',
      'DiscoverRequest',
      'ClientCapabilities',
      'CacheableResult',
      'SubscriptionFilter',
      'SubscriptionsListenRequestParams',
      'SubscriptionsAcknowledgedNotification',
      'CallToolResult',
    ],
    '2026-07-28/server/prompts': ['(top)'],
    '2026-07-28/server/resources': ['(top)'],
    '2026-07-28/server/tools': ['(top)'],
    '2026-07-28/server/utilities/completion': ['(top)'],
    '2026-07-28/server/utilities/pagination': ['(top)'],
  }),
];

/** What does not concern the gateway of sections that have rows too. */
const parts: readonly Exclusion[] = [
  ...excluded('Of it, schemas’ validity and the documentation of dialects: as above, the gateway validates nothing.', {
    '2025-11-25/basic/index': ['Implementation Requirements'],
    '2026-07-28/basic/index': ['Implementation Requirements', '$ref Resolution'],
  }),
  ...excluded(
    'Of it, authentication, which has requirements of its own, and where a server listens on its own machine.',
    {
      '2025-11-25/basic/transports': ['Security Warning'],
      '2026-07-28/basic/transports/streamable-http': ['Security & Endpoint'],
      '2024-11-05/basic/transports': ['HTTP with SSE'],
    },
  ),
  ...excluded('Of it, the servers’ part of HTTP+SSE: it is spoken to servers only.', {
    '2024-11-05/basic/transports': ['HTTP with SSE'],
  }),
  ...excluded('Of it, pings to clients: a comment keeps a client’s streams alive, its session ends when it is idle.', {
    '2025-11-25/basic/utilities/ping': ['Implementation Considerations', 'Error Handling'],
  }),
  ...excluded('Of it, the rate of progress: it is the sender’s; a client that reads slowly slows its server down.', {
    '2025-11-25/basic/utilities/progress': ['Implementation Notes'],
    '2026-07-28/basic/patterns/progress': ['Implementation Notes'],
  }),
  ...excluded('Of it, access control, rates and outputs of the very tools, prompts and resources: their servers’.', {
    '2025-11-25/server/prompts': ['Implementation Considerations'],
    '2025-11-25/server/resources': ['Security Considerations'],
    '2025-11-25/server/tools': ['Security Considerations'],
    '2025-11-25/server/utilities/completion': ['Security'],
    '2025-11-25/server/utilities/logging': ['Security'],
    '2026-07-28/server/prompts': ['Implementation Considerations'],
    '2026-07-28/server/resources': ['Security Considerations'],
    '2026-07-28/server/tools': ['Security Considerations'],
    '2026-07-28/server/utilities/caching': ['Security Considerations'],
    '2026-07-28/server/utilities/completion': ['Security'],
    '2026-07-28/server/utilities/logging': ['Security'],
  }),
  ...excluded(
    'Of it, what a person sees and consents to, and what stands in a URL: the client’s and the server’s part.',
    {
      '2025-11-25/client/elicitation': ['Security Considerations', 'Safe URL Handling'],
      '2025-11-25/client/roots': ['Implementation Guidelines'],
      '2026-07-28/client/elicitation': ['Security Considerations', 'Safe URL Handling', 'Statefulness'],
      '2026-07-28/client/roots': ['Implementation Guidelines'],
    },
  ),
  ...excluded('Of it, the state that a server keeps behind its own requestState, and how often it takes one.', {
    '2026-07-28/basic/patterns/mrtr': ['Server Requirements (Basic Workflow)'],
  }),
  ...excluded('Of it, how a server stores, counts and forgets its tasks.', {
    '2025-11-25/basic/utilities/tasks': ['Task Status Lifecycle', 'TTL and Resource Management'],
    'ext-tasks': ['Task Creation', 'Task Polling'],
  }),
];

export const exclusions: readonly Exclusion[] = [...whole, ...parts];

/** @param where file → headings; none: the whole file */
function excluded(reason: string, where: Readonly<Record<string, readonly string[]>>): Exclusion[] {
  return Object.entries(where).flatMap(([file, headings]) =>
    headings.length === 0
      ? [{ section: file, reason }]
      : headings.map((heading) => ({ section: `${file}: ${heading}`, reason })),
  );
}
