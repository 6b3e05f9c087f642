import t from 'tap';
import type { RegistryDocument } from '../../../gateway/contract/registry-document.ts';
import { announcer } from '../../../gateway/registry/announcer.ts';
import { until } from '../../support/until.ts';
import { recordingObserver } from './recording-observer.ts';

function document(revision: string): RegistryDocument {
  const gateway = { namespace: 'tools', name: 'main' };
  return { formatVersion: 1, gateway, revision, policy: { hosts: [] }, services: [], rejected: [], rules: [] };
}

t.test('a revision is told once', async (t) => {
  const observer = recordingObserver();
  const announce = announcer(observer);
  announce.document(document('a'));
  announce.document(document('a'));
  announce.document(document('b'));
  t.strictSame(
    observer.documents.map((told) => told.revision),
    ['a', 'b'],
  );
});

t.test('a fault that heals within the grace is not told', async (t) => {
  const observer = recordingObserver();
  const announce = announcer(observer, 20);
  announce.fault(new Error('shard 1 is missing'));
  announce.document(document('a'));
  const other = announcer(observer, 40);
  other.fault(new Error('later'));
  await until('the later fault', () => observer.faults.length > 0);
  t.strictSame(
    observer.faults.map((fault) => fault.message),
    ['later'],
  );
});

t.test('a lasting fault is told once, another fault too', async (t) => {
  const observer = recordingObserver();
  const announce = announcer(observer, 1);
  announce.fault(new Error('one'));
  await until('the fault', () => observer.faults.length === 1);
  announce.fault(new Error('one'));
  announce.fault(new Error('two'));
  announce.fault(new Error('one'));
  t.strictSame(
    observer.faults.map((fault) => fault.message),
    ['one', 'two'],
  );
  announce.close();
});

t.test('of faults within the grace the latest is told', async (t) => {
  const observer = recordingObserver();
  const announce = announcer(observer, 20);
  announce.fault(new Error('one'));
  announce.fault(new Error('two'));
  await until('the fault', () => observer.faults.length === 1);
  t.equal(observer.faults[0]?.message, 'two');
  announce.close();
});

t.test('after a fault that was told, the revision that is held is told again', async (t) => {
  const observer = recordingObserver();
  const announce = announcer(observer, 1);
  announce.document(document('a'));
  announce.fault(new Error('one'));
  await until('the fault', () => observer.faults.length === 1);
  announce.document(document('a'));
  announce.document(document('a'));
  t.equal(observer.documents.length, 2);
  announce.fault(new Error('one'));
  await until('the fault once more', () => observer.faults.length === 2);
  announce.close();
});

t.test('a document that its user cannot take is a fault, and is offered again', async (t) => {
  const observer = recordingObserver();
  let able = false;
  const announce = announcer(
    {
      fault: (error) => observer.fault(error),
      document: (offered) => {
        if (!able) throw new Error('cannot be used');
        observer.document(offered);
      },
    },
    1,
  );
  announce.document(document('a'));
  await until('the fault', () => observer.faults[0]?.message === 'cannot be used');
  able = true;
  announce.document(document('a'));
  t.equal(observer.documents.length, 1);
});
