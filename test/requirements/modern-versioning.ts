import { downstream, upstream, section } from './requirement.ts';
import {
  connect,
  downstreamLists,
  downstreamModern,
  eraProbe,
  eras,
  modernExtensions,
  modernServers,
  upstreamChanges,
  upstreamServer,
} from './tests.ts';

const DISCOVER = 'server/discover says versions, capabilities, who it is, and how long that holds';

/** 2026-07-28: versions, extensions and server/discover. */
export const modernVersioning = [
  ...section(
    '2026-07-28/basic/versioning: Protocol Version Negotiation',
    downstream(
      'modern-version-unsupported',
      'An unknown version is refused with those that are known.',
      downstreamModern('an unknown version is refused with those that are known'),
    ),
    downstream('modern-discover', 'server/discover is served.', downstreamModern(DISCOVER)),
    upstream(
      'modern-upstream-version-selected',
      'Of the versions that a server names the gateway takes one that it speaks, else it says that there is none.',
      eraProbe('-32022 that names another version that the gateway speaks is asked again in it'),
      connect('a server that speaks later versions only is told apart from one that is down'),
    ),
  ),
  ...section(
    '2026-07-28/basic/versioning: Extension Negotiation',
    downstream(
      'modern-extensions',
      'An extension is declared under its prefixed name where it works; to who lacks it the core protocol is spoken, or an error.',
      modernExtensions(
        'an extension is declared on the paths of the servers that have it in this era, and on no other',
      ),
      modernExtensions('to a client without the extension a server speaks the core protocol, or fails with an error'),
    ),
    upstream(
      'modern-upstream-extensions',
      'A server is told of the client’s own extensions, and the gateway declares none that it cannot bridge.',
      modernExtensions('a server is told of its client’s own extensions where it can answer by them, and of no others'),
      modernServers('each request of the gateway’s own says its version, who asks, and that it can be asked nothing'),
    ),
  ),
  ...section(
    '2026-07-28/basic/versioning: Backward Compatibility with Initialization-Based Versions',
    upstream(
      'modern-upstream-era-kept',
      'A server’s era is found out once and kept, until it proves wrong.',
      upstreamChanges('a server that is replaced by one of the other era is found out'),
      upstreamServer('a server that became modern is found out'),
    ),
    downstream(
      'modern-both-eras',
      'One path serves both eras, each as it opens.',
      eras('sees the tools of all servers on /mcp'),
    ),
  ),
  ...section(
    '2026-07-28/server/discover: (top)',
    downstream(
      'modern-discover-implemented',
      'server/discover is served on every path.',
      downstreamModern(DISCOVER),
      downstreamModern('one server’s own path declares what that server has'),
    ),
  ),
  ...section(
    '2026-07-28/server/discover: DiscoverResult',
    downstream('modern-discover-server-info', 'It says who the gateway is.', downstreamModern(DISCOVER)),
    upstream(
      'modern-upstream-server-info-untrusted',
      'What a server says of itself decides nothing: not its names, not its path.',
      downstreamLists('two servers of one name in two namespaces are both there, and neither takes the other’s tools'),
    ),
  ),
  ...section(
    '2026-07-28/schema: ServerCapabilities',
    downstream(
      'modern-extension-keys',
      'Extensions are declared under names with a prefix.',
      modernExtensions('what a server declares under a name without a prefix is not declared on'),
    ),
  ),
];
