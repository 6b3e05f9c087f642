import { downstream, missing, upstream, section } from './requirement.ts';
import { backoff, downstreamModern, freshness, keeping, lists, upstreamServer, variants } from './tests.ts';

const CACHING = '2026-07-28/server/utilities/caching';
const LISTS = 'every list says that it is complete, how long it may be kept and by whom';
const READ = 'a result of a legacy server says that it is complete, what was read of it that it may not be kept';

/** 2026-07-28, Caching: how long a result may be kept, and by whom. */
export const modernCaching = [
  ...section(
    `${CACHING}: Cacheable Results`,
    downstream(
      'modern-cache-hints',
      'discover, the lists and resources/read say how long they may be kept and by whom; input_required does not.',
      downstreamModern('server/discover says versions, capabilities, who it is, and how long that holds'),
      downstreamModern(LISTS),
      downstreamModern(READ),
      missing('resources/read of a modern server that leaves the hints out; an input_required.'),
    ),
  ),
  ...section(
    `${CACHING}: Cache Key`,
    upstream(
      'modern-upstream-cache-key',
      'What was read is served for its own method and cursor only; a retry’s result for nothing else.',
      lists('each kind of list has its own member and names'),
      lists('a page has 1000 items, and the pages together have each item once'),
      missing('resources/read after rounds is asked of the server each time.'),
    ),
  ),
  ...section(
    `${CACHING}: Time-to-Live (TTL) Field`,
    downstream(
      'modern-ttl',
      'ttlMs is never negative, and of a merged list the least that is left of its parts.',
      lists('a modern client may keep a list for a minute, but not long while a server was never seen'),
      keeping('the part that lasts shortest from now on decides'),
      keeping('what servers say nothing about is kept for as long as the gateway keeps it'),
      freshness(
        'an answer says how long its part that lasts shortest still does, and is as private as the most private',
      ),
    ),
    upstream(
      'modern-upstream-ttl',
      'A server’s list is fresh for its ttlMs; absent, zero and negative mean the gateway’s own period.',
      freshness('what has run out by the server’s word is read again before it is given out'),
      freshness('what servers say nothing about lasts for the gateway’s own minute'),
      keeping('no server is asked more often than each second for what it says lasts less'),
    ),
  ),
  ...section(
    `${CACHING}: Freshness Calculation`,
    upstream(
      'modern-upstream-polling',
      'Polling is spread, and backs off from a server that fails.',
      backoff('what runs on one period is spread over a fifth of it'),
      backoff('delays double up to their bound and begin anew after a success'),
      upstreamServer('a server is asked again in its period'),
    ),
  ),
  ...section(
    `${CACHING}: Cache Scope Field`,
    upstream(
      'modern-upstream-cache-scope',
      'What a server calls private is kept for the authorization context that it was read in.',
      missing('A private list and a private resource are served to no other principal.'),
    ),
    downstream(
      'modern-cache-scope',
      'A merged list is private if any part of it is, or if it was filtered for the client.',
      keeping('one private part makes the whole private'),
      freshness(
        'an answer says how long its part that lasts shortest still does, and is as private as the most private',
      ),
      variants('what is listed by what the client declares is not to be kept for others'),
    ),
  ),
  ...section(
    `${CACHING}: Interaction with Pagination`,
    downstream(
      'modern-cache-pages',
      'All pages of a list have one scope.',
      lists('all pages of a list are as private as the most private server, whichever page has it'),
      missing('A server that became private between two pages.'),
    ),
    upstream(
      'modern-upstream-cache-pages',
      'A server’s list is read anew from the beginning, never page by page.',
      upstreamServer('${era}: a change that is announced is read at once, and only that list'),
      missing('A cursor that a server refuses in mid-list: the list is read from the beginning.'),
    ),
  ),
  ...section(
    `${CACHING}: Security Considerations`,
    downstream(
      'modern-cache-no-access',
      'Scope is no access control: what a principal may not see is not in its list.',
      missing('With authorization: filtered lists are private, and calls are checked all the same.'),
    ),
  ),
];
