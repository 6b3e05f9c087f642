import t from 'tap';
import { markup } from '../../../gateway/http/markup.ts';

t.test('text is escaped for elements and attributes', async (t) => {
  const hostile = `<b title="x" id='y'>&`;
  t.equal(
    markup`<p title="${hostile}">${hostile}</p>`.text,
    '<p title="&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;">&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;</p>',
  );
});

t.test('what a template made stands as it is, also in lists', async (t) => {
  const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
  t.equal(markup`<ul>${items}</ul>`.text, '<ul><li>a</li><li>&lt;</li></ul>');
});

t.test('undefined is nothing, a number is its digits', async (t) => {
  t.equal(markup`${undefined}|${0}|${[undefined, 1]}`.text, '|0|1');
});

t.test('an object that only looks like markup is not trusted', async (t) => {
  const parsed = JSON.parse('[{"text":"<script>"}]') as string[];
  t.throws(() => markup`${parsed}`.text);
});

t.test('characters that hide or turn text become visible', async (t) => {
  t.equal(markup`${'a\u0000b\u001bc\u202ed\u2066e\tf\ng'}`.text, 'a\ufffdb\ufffdc\ufffdd\ufffde\tf\ng');
});
