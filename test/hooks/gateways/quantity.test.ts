import t from 'tap';
import { canonicalQuantity } from '../../../hooks/gateways/quantity.ts';

/** What kube-apiserver 1.36 stores for a container's resources; each was read back from one. */
const stored: Record<string, string> = {
  '0': '0',
  '0Mi': '0',
  '1000m': '1',
  '1500m': '1500m',
  '0.5': '500m',
  '.5': '500m',
  '1.25': '1250m',
  '5.': '5.',
  '1.500': '1.500',
  '0.500': '500m',
  '007': '007',
  '0230': '0230',
  '10000': '10k',
  '1000k': '1M',
  '2000000k': '2G',
  '0.1m': '1m',
  '1n': '1m',
  '1024Mi': '1Gi',
  '1536Mi': '1536Mi',
  '1000Ki': '1000Ki',
  '64Gi': '64Gi',
  '0.5Gi': '512Mi',
  '1.5Ki': '1536',
  '0.5Ki': '512',
  '0.1Ki': '102400m',
  '1e3': '1e3',
  '1E3': '1E3',
  '12e5': '1200e3',
  '1e-3': '1e-3',
  '5e0': '5e0',
  '1E': '1E',
};

t.test('quantities are written as the API server stores them', async (t) => {
  for (const [given, expected] of Object.entries(stored)) t.equal(canonicalQuantity(given), expected, given);
  t.equal(canonicalQuantity(2), '2', 'a number is one, too');
  t.equal(canonicalQuantity(0.25), '250m');
});

t.test('what is stored is stored as it is', async (t) => {
  for (const quantity of Object.values(stored)) t.equal(canonicalQuantity(quantity), quantity);
});

t.test('what is no quantity has none', async (t) => {
  for (const text of ['', ' ', '-1', '+1', '1x', '1 Gi', 'Gi', '.', '1.2.3', '1KiB', 'e3', '1e', '1ki', 'NaN']) {
    t.equal(canonicalQuantity(text), undefined, JSON.stringify(text));
  }
});
