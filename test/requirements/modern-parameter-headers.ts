import { downstream, missing, upstream, section } from './requirement.ts';
import { downstreamModern, headerValue, itemChecks, listing, parameterHeaders, upstreamServer } from './tests.ts';

const HTTP = '2026-07-28/basic/transports/streamable-http';
const AS_IT_CAME = 'a modern server gets the request as it came, under its own name, its parameters mirrored';

/** 2026-07-28: parameters of tools that are mirrored into headers (`x-mcp-header`, `Mcp-Param-…`). */
export const modernParameterHeaders = [
  ...section(
    `${HTTP}: Custom Headers from Tool Parameters`,
    upstream(
      'modern-upstream-parameters-mirrored',
      'Parameters that a server’s tool marks are sent as headers, whatever the client’s era.',
      downstreamModern(AS_IT_CAME),
      missing('A legacy client calls such a tool: the headers of all types, nested ones too, arrive.'),
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
      missing('A legacy client’s 2^53 and 1e300 for a marked integer: what arrives is equal, or the call is refused.'),
    ),
    downstream(
      'modern-annotation-valid',
      'No tool that a modern client is offered has an invalid annotation, whichever era its server speaks.',
      missing(
        'A legacy server’s tool with an invalid x-mcp-header: modern clients are given it without, or not at all.',
      ),
    ),
  ),
  ...section(
    `${HTTP}: Value Encoding`,
    upstream(
      'modern-upstream-value-encoding',
      'Values are written as the specification says, encoded where a header could not hold them.',
      headerValue('what a header cannot hold is encoded as the specification’s examples are'),
      headerValue('every text is got back, over a value that a header can hold'),
      missing('Integers and booleans; strings of all kinds in Mcp-Param headers of a legacy client’s call.'),
    ),
    downstream(
      'modern-value-decoding',
      'Encoded values are decoded before they are compared.',
      downstreamModern('a header in the Base64 sentinel is decoded before it is compared'),
      headerValue('a sentinel with a broken inside is no text'),
      missing('The same for Mcp-Param headers.'),
    ),
  ),
  ...section(
    `${HTTP}: Client Behavior`,
    upstream(
      'modern-upstream-parameter-extraction',
      'A value is read at the exact path of its annotation; where there is none, there is no header.',
      parameterHeaders('finds the parameters that are mirrored, nested ones by their path'),
      missing('A legacy client’s calls with nested, absent and null arguments.'),
    ),
    upstream(
      'modern-upstream-stale-schema',
      'A server’s -32020 has its tools read again, and the call sent once more.',
      missing(
        'A server that marks another parameter meanwhile: a legacy client’s call succeeds, a second refusal is told.',
      ),
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
      missing('Raw bytes beyond ASCII and a broken sentinel: -32020 with HTTP 400.'),
    ),
    downstream(
      'modern-parameter-mismatch',
      'A marked header that differs from the body, or is missing while the body has a value, is -32020 with HTTP 400.',
      missing('Another value, none, and a server’s tools changed meanwhile: they are read again before the refusal.'),
    ),
    downstream(
      'modern-parameter-absent',
      'For an argument that is null or absent no header is expected.',
      missing('null, absent, and an absent object on the way.'),
    ),
    upstream(
      'modern-upstream-parameter-absent',
      'For an argument that is null or absent no header is sent.',
      missing('A legacy client’s calls with null and without the argument.'),
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
