import t from 'tap';
import { certificateIdentity } from '../../../gateway/access/certificate-identity.ts';

const table: readonly (readonly [alternatives: string | undefined, identity: string | undefined])[] = [
  ['URI:spiffe://a/b', 'spiffe://a/b'],
  ['DNS:a.example, URI:spiffe://a/b, URI:spiffe://c', 'spiffe://a/b'],
  ['DNS:a.example, DNS:b.example', 'a.example'],
  ['email:ada@example.com, DNS:a.example', 'ada@example.com'],
  ['IP Address:192.0.2.1, DNS:a.example', 'a.example'],
  ['IP Address:192.0.2.1', undefined],
  // As Node writes a DNS name with a comma in it.
  [String.raw`DNS:"a.example, URI:spiffe://admin"`, undefined],
  [String.raw`DNS:"a.example, URI:admin"`, 'a.example, URI:admin'],
  [String.raw`DNS:"say \"x\", URI:spiffe://admin", DNS:b`, undefined],
  ['DNS:spiffe://admin', undefined],
  ['othername:<unsupported>, DNS:a.example', 'a.example'],
  ['', undefined],
  [undefined, 'ada'],
];

t.test('a certificate names one', async (t) => {
  for (const [alternatives, identity] of table) {
    t.equal(certificateIdentity({ alternatives, commonName: 'ada' }), identity, String(alternatives));
  }
  for (const commonName of [undefined, '', 'spiffe://admin']) {
    t.equal(certificateIdentity({ alternatives: undefined, commonName }), undefined, String(commonName));
  }
});
