import { downstream, upstream, section } from './requirement.ts';
import {
  capabilities,
  contentsWhole,
  downstreamLists,
  downstreamModern,
  eras,
  limits,
  listeners,
  listing,
  lists,
  listsOfEras,
  names,
  route,
  targets,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const DISCOVER = 'server/discover says versions, capabilities, who it is, and how long that holds';
const OWN_PATH = 'one server’s own path declares what that server has';
const SAME_BYTES = 'a list is made once and served from the same bytes until a catalogue changes';
const UNKNOWN = 'what nobody has is refused in the words of the client’s era';
const LISTENED = 'each subscription hears what it asked for, under its own id with its type';
const CHANGED = '${program}: a changed list is known at once';
const HEARD = 'a listener hears that ${list} of a ${era} server have changed';
const REGISTERED = 'a listener hears that ${list} have changed with the registry';
const PROMPT = 'a prompt with ${name} passes whole';

/** 2026-07-28, Server Features: what the gateway offers of its servers. */
export const modernServerFeatures = [
  ...section(
    '2026-07-28/server/prompts: Capabilities',
    downstream(
      'modern-prompts-declared',
      'prompts is declared where it works.',
      downstreamModern(DISCOVER),
      downstreamModern(OWN_PATH),
    ),
    downstream(
      'modern-prompts-list',
      'prompts/list is answered, be it empty, and is the same for every connection.',
      downstreamModern('every list says that it is complete, how long it may be kept and by whom'),
      lists('each kind of list has its own member and names'),
    ),
  ),
  ...section(
    '2026-07-28/server/prompts: List Changed Notification',
    downstream(
      'modern-prompts-changed',
      'A listener hears that prompts changed.',
      listeners(HEARD, 'the prompts'),
      listeners(REGISTERED, 'the prompts'),
    ),
    upstream(
      'modern-upstream-prompts-changed',
      'A server’s announcement is taken up at once.',
      upstreamChanges(CHANGED),
    ),
  ),
  ...section(
    '2026-07-28/server/prompts: Image Content',
    downstream('modern-prompt-image', 'Content of any kind passes unchanged.', contentsWhole(PROMPT, 'an image')),
  ),
  ...section(
    '2026-07-28/server/prompts: Audio Content',
    downstream('modern-prompt-audio', 'Content of any kind passes unchanged.', contentsWhole(PROMPT, 'a sound')),
  ),
  ...section(
    '2026-07-28/server/prompts: Embedded Resources',
    downstream(
      'modern-prompt-resource',
      'Content of any kind passes unchanged.',
      contentsWhole(PROMPT, 'an embedded text'),
      contentsWhole(PROMPT, 'an embedded blob'),
      contentsWhole(PROMPT, 'a link'),
    ),
  ),
  ...section(
    '2026-07-28/server/prompts: Error Handling',
    downstream(
      'modern-prompt-errors',
      'An unknown prompt is -32602; a server’s own errors pass.',
      downstreamModern('an unknown tool, prompt or resource is -32602'),
    ),
  ),
  ...section(
    '2026-07-28/server/prompts: Implementation Considerations',
    upstream(
      'modern-upstream-prompts-pages',
      'Every page of a server’s prompts is read, and none where prompts are not declared.',
      listing('reads every page; the empty string is a cursor like any other'),
      upstreamServer('a server without any list is asked whether it is there'),
    ),
  ),
  ...section(
    '2026-07-28/server/resources: Capabilities',
    downstream(
      'modern-resources-declared',
      'resources is declared where it works, with list changes, and subscribe.',
      downstreamModern(DISCOVER),
      downstreamModern(OWN_PATH),
      capabilities('the union declares all that is passed on, whoever is there: a server may come while a client is'),
      capabilities('one server’s path declares what the server does, changes of its lists in any case'),
    ),
    downstream(
      'modern-resources-list',
      'resources/list is answered, be it empty, and is the same for every connection.',
      downstreamModern('every list says that it is complete, how long it may be kept and by whom'),
      lists('each kind of list has its own member and names'),
    ),
  ),
  ...section(
    '2026-07-28/server/resources: List Changed Notification',
    downstream(
      'modern-resources-changed',
      'A listener hears that resources or templates changed.',
      listeners(HEARD, 'the resources'),
      listeners(HEARD, 'the resource templates'),
      listeners(REGISTERED, 'the resources'),
      listeners(REGISTERED, 'the resource templates'),
    ),
    upstream(
      'modern-upstream-resources-changed',
      'A server’s announcement is taken up at once.',
      upstreamChanges(CHANGED),
    ),
  ),
  ...section(
    '2026-07-28/server/resources: Error Handling',
    downstream(
      'modern-resource-not-found',
      'A resource that is not there is -32602, never empty contents, whatever the server’s era calls it.',
      targets(UNKNOWN),
      contentsWhole('a resource that its server does not have is an error in the words of the client’s era'),
    ),
  ),
  ...section(
    '2026-07-28/server/resources: Security Considerations',
    downstream(
      'modern-resource-uri',
      'A URI that is none is refused; any other goes to the server that lists it, whose affair it is.',
      targets(UNKNOWN),
      route('a resource is read from the server that lists its URI'),
    ),
    downstream(
      'modern-resource-binary',
      'Binary contents pass unchanged.',
      contentsWhole('${id} of a resource passes whole', 'a blob'),
      contentsWhole('${id} of a resource passes whole', 'an empty blob'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Capabilities',
    downstream(
      'modern-tools-declared',
      'tools is declared where it works.',
      downstreamModern(DISCOVER),
      downstreamModern(OWN_PATH),
    ),
    downstream(
      'modern-tools-list',
      'tools/list is answered, be it empty, and is the same for every connection.',
      lists(SAME_BYTES),
      lists('a modern client may keep a list for a minute, but not long while a server was never seen'),
    ),
    downstream(
      'modern-tools-order',
      'Tools come in one order: the registry’s, then each server’s own.',
      lists('the tools of all servers stand in the order of the registry, each server’s in its own'),
      lists(SAME_BYTES),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: List Changed Notification',
    downstream(
      'modern-tools-changed',
      'A listener hears that tools changed.',
      downstreamModern(LISTENED),
      listeners(HEARD, 'the tools'),
      listeners(REGISTERED, 'the tools'),
    ),
    upstream(
      'modern-upstream-tools-changed',
      'A server’s announcement is taken up at once, and only that list read.',
      upstreamServer('${era}: a change that is announced is read at once, and only that list'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Tool',
    upstream(
      'modern-upstream-tool-schema',
      'A tool without a schema of an object is left out, the others stay.',
      listing('a bad item is left out with a reason, the others stay'),
      upstreamServer('what cannot be offered is told in the state and the log'),
    ),
    upstream(
      'modern-upstream-tool-annotations',
      'Annotations are passed on as they came.',
      lists('an item keeps every field, known or not, but for its name'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Tool Names',
    downstream(
      'modern-tool-names',
      'Names are unique, told apart by case, and no longer than 64 characters.',
      names('a name of 64 characters is left alone, one of 65 is cut to 64'),
      names('a name of any characters survives the way to a client and back'),
    ),
    downstream(
      'modern-tool-prefixes',
      'Servers’ tools are told apart by a prefix of the registry’s, not by what servers call themselves.',
      route('of two Services with one name, each is reached under the prefix that the registry gave it'),
      downstreamLists('two servers of one name in two namespaces are both there, and neither takes the other’s tools'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Structured Content',
    downstream(
      'modern-structured-content',
      'A server’s structured content reaches a client.',
      eras('has structured content on ${path}'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Output Schema',
    downstream(
      'modern-output-schema',
      'Structured content and its schema fit as the server made them, whatever JSON it is.',
      eras('has structured content on ${path}'),
      listsOfEras('a modern client is shown a modern server’s output schema as it is, and gets what fits it'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Error Handling',
    downstream(
      'modern-tool-errors',
      'A tool’s own error is a result, an unknown tool an error of the protocol.',
      eras("has a tool's own error as a result on ${path}"),
      downstreamModern('an unknown tool, prompt or resource is -32602'),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: Security Considerations',
    downstream(
      'modern-tool-inputs',
      'A call without a name is refused, and requests are bounded in number.',
      targets(UNKNOWN),
      limits('more requests at once than allowed are refused with 503 and a time to wait'),
    ),
  ),
];
