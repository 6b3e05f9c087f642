import t from 'tap';
import { HopMark } from '../../gateway/hop-mark.ts';

const UID = '6f1c2a5e-0b7d-4c8a-9d3e-2f4b6a8c0e1d';

t.test('all replicas of a Gateway have one mark, and each Gateway another', async (t) => {
  const { via } = new HopMark(UID);
  t.match(via, /^1\.1 fetchfy-[0-9a-f]{16}$/);
  t.equal(new HopMark(UID).via, via);
  t.not(new HopMark(`${UID}x`).via, via);
});

t.test('a Gateway without a uid has a mark of its own process', async (t) => {
  t.not(new HopMark().via, new HopMark().via);
});

const mark = new HopMark(UID);
const name = mark.via.slice('1.1 '.length);
const own = [
  mark.via,
  `1.0 fred, ${mark.via}`,
  `1.1 fred ,\t1.1   ${name} (a gateway), 1.1 p.example.net`,
  `HTTP/1.1 ${name.toUpperCase()}`,
];
for (const via of own) {
  t.test(`"${via}" has the mark`, async (t) => void t.ok(mark.isIn(via)));
}

const foreign = [
  '',
  ',',
  '1.1',
  new HopMark('another').via,
  `1.1 ${name}0, 1.1 x${name}`,
  `${name} 1.1`,
  `1.1 ${name}.example.net`,
  '1.1 fetchfy',
];
for (const via of foreign) {
  t.test(`"${via}" has not`, async (t) => void t.notOk(mark.isIn(via)));
}

t.test('a header of any length is read in no time', async (t) => {
  const begun = performance.now();
  for (const filler of [',', ' ', '1.1 a,', '\t,']) t.notOk(mark.isIn(filler.repeat(1_000_000)));
  t.ok(performance.now() - begun < 5000);
});
