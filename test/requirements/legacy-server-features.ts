import { downstream, upstream, section } from './requirement.ts';
import {
  answerStream,
  connect,
  contentsWhole,
  downstreamLegacy,
  downstreamLists,
  eras,
  eraViews,
  limits,
  listChanges,
  listing,
  lists,
  listsOfEras,
  names,
  resourceSubscriptions,
  resourceUpdates,
  route,
  targets,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const INITIALIZE = 'initialize says who it is and what it has, and gives an id in visible ASCII';
const PROMPT = 'a prompt with ${name} passes whole';
const CHANGED = 'a change of a server’s own is heard: ${kind} of ${name}';
const PUBLISHED = 'a change of the registry is heard: ${kind}';
const UNCHANGED = 'events pass as they came, the last is the answer';
const UNKNOWN = 'an unknown tool, prompt and resource are refused in this era’s words';
const ONE_STREAM = 'a client hears of a change on one of its streams only, and of one that it missed when it listens';

/** 2025-11-25, Server Features: what the gateway offers of its servers. */
export const legacyServerFeatures = [
  ...section(
    '2025-11-25/server/prompts: Capabilities',
    downstream('legacy-prompts-declared', 'prompts is declared, with list changes.', downstreamLegacy(INITIALIZE)),
  ),
  ...section(
    '2025-11-25/server/prompts: List Changed Notification',
    downstream(
      'legacy-prompts-changed',
      'A client hears that prompts changed.',
      listChanges(CHANGED, 'prompts'),
      listChanges(PUBLISHED, 'prompts'),
    ),
    upstream(
      'legacy-upstream-prompts-changed',
      'A server’s announcement is taken up at once.',
      upstreamChanges('${program}: a changed list is known at once'),
    ),
  ),
  ...section(
    '2025-11-25/server/prompts: Image Content',
    downstream(
      'legacy-prompt-image',
      'Content of any kind passes unchanged.',
      answerStream(UNCHANGED),
      contentsWhole(PROMPT, 'an image'),
    ),
  ),
  ...section(
    '2025-11-25/server/prompts: Audio Content',
    downstream(
      'legacy-prompt-audio',
      'Content of any kind passes unchanged.',
      answerStream(UNCHANGED),
      contentsWhole(PROMPT, 'a sound'),
    ),
  ),
  ...section(
    '2025-11-25/server/prompts: Embedded Resources',
    downstream(
      'legacy-prompt-resource',
      'Content of any kind passes unchanged.',
      answerStream(UNCHANGED),
      contentsWhole(PROMPT, 'an embedded text'),
      contentsWhole(PROMPT, 'an embedded blob'),
    ),
  ),
  ...section(
    '2025-11-25/server/prompts: Error Handling',
    downstream(
      'legacy-prompt-errors',
      'An unknown prompt is -32602; a server’s own errors pass.',
      downstreamLegacy(UNKNOWN),
      targets('what nobody has is refused in the words of the client’s era'),
    ),
  ),
  ...section(
    '2025-11-25/server/prompts: Implementation Considerations',
    upstream(
      'legacy-upstream-prompts-pages',
      'Every page of a server’s prompts is read, and none where prompts are not declared.',
      listing('reads every page; the empty string is a cursor like any other'),
      upstreamServer('a server without any list is asked whether it is there'),
    ),
  ),
  ...section(
    '2025-11-25/server/resources: Capabilities',
    downstream(
      'legacy-resources-declared',
      'resources is declared, with list changes, and subscribe where it works.',
      downstreamLegacy(INITIALIZE),
      resourceSubscriptions('subscriptions are declared on the union, and on the path of a server that has them'),
      resourceSubscriptions(
        'an update at the server ${name} is told to the sessions that subscribed to it, and to no other',
      ),
      resourceUpdates('a legacy client subscribes to a resource of a ${name} server, and takes it back'),
    ),
    upstream(
      'legacy-upstream-resources-subscribe',
      'A server is asked to subscribe only if it declares it.',
      resourceSubscriptions('a server that declares no subscriptions is asked for none'),
      resourceSubscriptions(
        'one subscription at the server ${name} serves all modern clients, and the last to leave ends it',
      ),
    ),
  ),
  ...section(
    '2025-11-25/server/resources: List Changed Notification',
    downstream(
      'legacy-resources-changed',
      'A client hears that resources or templates changed.',
      listChanges(CHANGED, 'resources'),
      listChanges(CHANGED, 'resourceTemplates'),
      listChanges(PUBLISHED, 'resources'),
      listChanges(PUBLISHED, 'resourceTemplates'),
    ),
    upstream(
      'legacy-upstream-resources-changed',
      'A server’s announcement is taken up at once.',
      upstreamChanges('${program}: a changed list is known at once'),
    ),
  ),
  ...section(
    '2025-11-25/server/resources: Error Handling',
    downstream(
      'legacy-resource-not-found',
      'A resource that is not there is -32002, whatever the server’s era calls it.',
      downstreamLegacy(UNKNOWN),
      targets('what nobody has is refused in the words of the client’s era'),
    ),
  ),
  ...section(
    '2025-11-25/server/resources: Security Considerations',
    downstream(
      'legacy-resource-uri',
      'A URI that is no string is refused; any other goes to the server that lists it, whose affair it is.',
      downstreamLegacy(UNKNOWN),
      route('a resource is read from the server that lists its URI'),
    ),
    downstream(
      'legacy-resource-binary',
      'Binary contents pass unchanged.',
      answerStream(UNCHANGED),
      contentsWhole('${id} of a resource passes whole', 'a blob'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Capabilities',
    downstream('legacy-tools-declared', 'tools is declared, with list changes.', downstreamLegacy(INITIALIZE)),
  ),
  ...section(
    '2025-11-25/server/tools: List Changed Notification',
    downstream(
      'legacy-tools-changed',
      'A client hears that tools changed.',
      downstreamLegacy(ONE_STREAM),
      downstreamLists('a client hears of a change on a server’s own path, and of none of another server'),
    ),
    upstream(
      'legacy-upstream-tools-changed',
      'A server’s announcement is taken up at once, and only that list read.',
      upstreamServer('${era}: a change that is announced is read at once, and only that list'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Tool',
    downstream(
      'legacy-tool-schema',
      'Every listed tool has a schema of an object, for legacy clients its outputSchema too.',
      listsOfEras('an SDK client of the legacy era reads and calls a modern server’s tool whose output is a list'),
      listsOfEras('what legacy clients would refuse is wrapped whatever the server declared, and nothing else'),
    ),
    upstream(
      'legacy-upstream-tool-schema',
      'A tool without a schema of an object is left out, the others stay.',
      listing('a bad item is left out with a reason, the others stay'),
      upstreamServer('what cannot be offered is told in the state and the log'),
    ),
    upstream(
      'legacy-upstream-tool-annotations',
      'Annotations are passed on as they came.',
      lists('an item keeps every field, known or not, but for its name'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Tool Names',
    downstream(
      'legacy-tool-names',
      'Names are unique, told apart by case, and no longer than 64 characters.',
      names('a name of 64 characters is left alone, one of 65 is cut to 64'),
      names('a name of any characters survives the way to a client and back'),
      route('of two Services with one name, each is reached under the prefix that the registry gave it'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Structured Content',
    downstream(
      'legacy-structured-content',
      'A server’s structured content reaches a client.',
      eras('has structured content on ${path}'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Output Schema',
    downstream(
      'legacy-output-schema',
      'Structured content and its schema fit as the server made them.',
      eras('has structured content on ${path}'),
      listsOfEras('an SDK client of the legacy era reads and calls a modern server’s tool whose output is a list'),
      listsOfEras('an SDK client of the legacy era finds out what does not fit a schema that was wrapped'),
      eraViews('references in an output schema lead to the same place when it is wrapped'),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Error Handling',
    downstream(
      'legacy-tool-errors',
      'A tool’s own error is a result, an unknown tool an error of the protocol.',
      eras("has a tool's own error as a result on ${path}"),
      downstreamLegacy(UNKNOWN),
    ),
  ),
  ...section(
    '2025-11-25/server/tools: Security Considerations',
    downstream(
      'legacy-tool-inputs',
      'A call without a name is refused, whatever else it holds arrives as it is, and requests are bounded in number.',
      downstreamLegacy(UNKNOWN),
      limits('members that mean something in JavaScript mean nothing, and arrive as they are'),
      limits('more requests at once than allowed are refused with 503 and a time to wait'),
    ),
  ),
  ...section(
    '2025-11-25/schema: InitializeResult',
    upstream(
      'legacy-upstream-version-disconnect',
      'A server whose version is unknown is left.',
      connect('each legacy version that the gateway speaks is taken; another is refused and its session ended'),
    ),
  ),
];
