import t from 'tap';
import { accessFaults } from '../../../hooks/gateways/access-faults.ts';

t.test('what the schema would refuse of auth is told by the hooks, too', async (t) => {
  const jwt = { issuer: 'https://issuer.example.com' };
  const faults = accessFaults({
    clientCaSecretRef: 'clients',
    auth: {
      methods: [{ jwt }, { jwt }, {}, { anonymous: {}, clientCertificate: {} }, { jwt: { issuer: 'http://plain' } }],
      rules: [{ name: 'a' }, { name: 'a' }, { name: 'long', from: [{ users: ['u'.repeat(17_000)] }] }],
    },
  });
  t.strictSame(faults, [
    'spec.clientCaSecretRef names a Secret, but spec.enableTls is not set: set it, or remove the Secret.',
    'spec.auth.methods[2] has none: each method is exactly one of jwt, serviceAccount, apiKey, clientCertificate, anonymous.',
    'spec.auth.methods[3] has clientCertificate and anonymous: each method is exactly one of jwt, serviceAccount, apiKey, clientCertificate, anonymous.',
    'spec.auth.methods[4].jwt.issuer is "http://plain": it must be an https URL.',
    'spec.auth.methods has the issuer "https://issuer.example.com" twice: each may stand once.',
    'spec.auth.rules[1] (a) has the name of an earlier rule: each must be unique.',
    'spec.auth.rules[2] (long) has 17039 bytes: at most 16384 are taken. Make several rules of it.',
  ]);
});

t.test('client certificates need the CA that has signed them', async (t) => {
  const auth = { methods: [{ clientCertificate: {} }] };
  t.match(accessFaults({ enableTls: true, tlsSecretRef: 'tls', auth }), [/spec\.clientCaSecretRef does not name/]);
  t.strictSame(accessFaults({ enableTls: true, tlsSecretRef: 'tls', clientCaSecretRef: 'ca', auth }), []);
});

t.test('more than 500 rules are refused', async (t) => {
  const rules = Array.from({ length: 501 }, (_, index) => ({ name: `r${index}` }));
  t.match(accessFaults({ auth: { methods: [{ anonymous: {} }], rules } }), [/has 501 rules: at most 500/]);
});
