import { downstream, upstream, section } from './requirement.ts';
import {
  backoff,
  cachingResults,
  downstreamModern,
  freshness,
  keeping,
  listing,
  lists,
  upstreamServer,
  variants,
} from './tests.ts';

const CACHING = '2026-07-28/server/utilities/caching';
const LISTS = 'every list says that it is complete, how long it may be kept and by whom';
const ASKED = 'what is read is asked of the server each time, after rounds and without';
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
      cachingResults('what was read of a modern server says how long it may be kept, whatever the server says'),
      cachingResults('a question before the contents says nothing of being kept, whichever era asks'),
    ),
  ),
  ...section(
    `${CACHING}: Cache Key`,
    upstream(
      'modern-upstream-cache-key',
      'What was read is served for its own method and cursor only; a retry’s result for nothing else.',
      lists('each kind of list has its own member and names'),
      lists('a page has 1000 items, and the pages together have each item once'),
      cachingResults(ASKED),
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
      'What a server calls private is kept for the context that it was read in, in which there are no credentials of clients.',
      cachingResults('what a server calls private was told to no client’s credentials, and stays private'),
      cachingResults(ASKED),
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
      lists('a list that becomes private between two pages is begun anew, one that becomes public stays private'),
    ),
    upstream(
      'modern-upstream-cache-pages',
      'A server’s list is read anew from the beginning, never page by page.',
      upstreamServer('${era}: a change that is announced is read at once, and only that list'),
      listing('a cursor that is refused in mid-list has the list read from its beginning, once'),
    ),
  ),
  ...section(
    `${CACHING}: Security Considerations`,
    downstream(
      'modern-cache-no-access',
      'Scope is no access control: each call is put to its server, which may refuse it, whatever scope its list has.',
      cachingResults('a public list opens nothing: each call is for its server to refuse'),
    ),
  ),
];
