import { downstream, upstream, section } from './requirement.ts';
import {
  downstreamModern,
  eraViews,
  headerValue,
  itemChecks,
  listing,
  listsOfEras,
  parameterHeaders,
  parameters,
  parameterValidation,
  upstreamServer,
} from './tests.ts';

const HTTP = '2026-07-28/basic/transports/streamable-http';
const AS_IT_CAME = 'a modern server gets the request as it came, under its own name, its parameters mirrored';
const MIRRORED = 'what a legacy client’s arguments say is mirrored for a modern server';
const HELD = 'a modern client’s headers are held to its arguments for a ${era} server, and passed on';
const MISSING_OR_OTHER = 'a header that is missing, or says something else, is a fault that names it';

/** 2026-07-28: parameters of tools that are mirrored into headers (`x-mcp-header`, `Mcp-Param-…`). */
export const modernParameterHeaders = [
  ...section(
    `${HTTP}: Custom Headers from Tool Parameters`,
    upstream(
      'modern-upstream-parameters-mirrored',
      'Parameters that a server’s tool marks are sent as headers, whatever the client’s era.',
      downstreamModern(AS_IT_CAME),
      parameters(MIRRORED),
    ),
  ),
  ...section(
    `${HTTP}: Schema Extension`,
    upstream(
      'modern-upstream-annotation-name',
      'A name that is empty, no token or has control characters makes the tool invalid.',
      parameterHeaders('a name that is no header name makes the tool invalid'),
    ),
    upstream(
      'modern-upstream-annotation-unique',
      'A name that is used twice, whatever its case, makes the tool invalid.',
      parameterHeaders('a name that is used twice makes the tool invalid, whatever its case'),
    ),
    upstream(
      'modern-upstream-annotation-type',
      'A type that is no string, integer or boolean makes the tool invalid.',
      parameterHeaders('a type that is no string, integer or boolean makes the tool invalid'),
    ),
    upstream(
      'modern-upstream-annotation-place',
      'An annotation that no chain of properties reaches makes the tool invalid.',
      parameterHeaders('an annotation that no chain of properties reaches makes the tool invalid'),
    ),
    upstream(
      'modern-upstream-annotation-left-out',
      'An invalid tool is left out, the others stay, and the log says which and why.',
      itemChecks('what the item may be depends on the era that the server speaks'),
      listing('a bad item is left out with a reason, the others stay'),
      upstreamServer('what cannot be offered is told in the state and the log'),
    ),
    upstream(
      'modern-upstream-annotation-integer',
      'Integers beyond what JavaScript counts exactly are not mirrored inexactly.',
      parameters('an integer that JavaScript does not count exactly is mirrored as it is written'),
      parameterValidation('integers that JavaScript does not count exactly are compared exactly'),
    ),
    downstream(
      'modern-annotation-valid',
      'No tool that a modern client is offered has an invalid annotation, whichever era its server speaks.',
      eraViews('a legacy server’s tool is shown to modern clients without what is no valid x-mcp-header'),
      listsOfEras('a legacy server’s tool is neither a task nor invalid to a modern SDK client'),
    ),
  ),
  ...section(
    `${HTTP}: Value Encoding`,
    upstream(
      'modern-upstream-value-encoding',
      'Values are written as the specification says, encoded where a header could not hold them.',
      headerValue('what a header cannot hold is encoded as the specification’s examples are'),
      headerValue('every text is got back, over a value that a header can hold'),
      parameters(MIRRORED),
      parameters('SDK clients of both eras call a tool of the second SDK with a mirrored parameter'),
    ),
    downstream(
      'modern-value-decoding',
      'Encoded values are decoded before they are compared.',
      downstreamModern('a header in the Base64 sentinel is decoded before it is compared'),
      headerValue('a sentinel with a broken inside is no text'),
      parameterValidation('a header that says what its argument says is right, however it is written'),
      parameterValidation('every value that a client encodes by the rules is right, and no other value'),
    ),
  ),
  ...section(
    `${HTTP}: Client Behavior`,
    upstream(
      'modern-upstream-parameter-extraction',
      'A value is read at the exact path of its annotation; where there is none, there is no header.',
      parameterHeaders('finds the parameters that are mirrored, nested ones by their path'),
      parameters(MIRRORED),
    ),
    upstream(
      'modern-upstream-stale-schema',
      'A server’s -32020 has its tools read again, and the call sent once more.',
      parameters('a call that a changed server refuses is made again as it wants it by now'),
      parameters('a server that refuses all the same is named to clients of both eras'),
    ),
  ),
  ...section(
    `${HTTP}: Server Behavior for Custom Headers`,
    downstream(
      'modern-parameter-unknown',
      'A header that the tool does not mark is passed on and otherwise ignored.',
      downstreamModern(AS_IT_CAME),
    ),
    downstream(
      'modern-parameter-characters',
      'A marked header with characters that it may not have is refused.',
      parameterValidation(MISSING_OR_OTHER),
      parameters(HELD),
    ),
    downstream(
      'modern-parameter-mismatch',
      'A marked header that differs from the body, or is missing while the body has a value, is -32020 with HTTP 400.',
      parameters(HELD),
      parameters('before a client is told to list the tools, they are read again'),
      parameters('a client that knows better than the gateway’s list is not refused'),
    ),
    downstream(
      'modern-parameter-absent',
      'For an argument that is null or absent no header is expected.',
      parameterValidation('no header is expected for an argument that is missing or null, or that none could say'),
    ),
    upstream(
      'modern-upstream-parameter-absent',
      'For an argument that is null or absent no header is sent.',
      parameters(MIRRORED),
    ),
  ),
  ...section(
    '2026-07-28/server/tools: x-mcp-header',
    upstream(
      'modern-upstream-annotations-checked',
      'The rules for the annotation hold wherever a tool is listed.',
      parameterHeaders('finds the parameters that are mirrored, nested ones by their path'),
      parameterHeaders('a parameter may itself be called x-mcp-header, and an instance may contain it'),
      itemChecks('what the item may be depends on the era that the server speaks'),
    ),
  ),
];
