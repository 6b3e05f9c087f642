/**
 * What the page does beyond HTML: copying, and filtering services. It works without. Its hash stands in the content
 * security policy, so that no other script runs, whatever a server writes into its description.
 */
export const pageScript = `
'use strict';
document.documentElement.classList.add('js');

function copied(button) {
  button.textContent = 'Copied';
  button.classList.add('done');
  setTimeout(() => { button.textContent = 'Copy'; button.classList.remove('done'); }, 1500);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    copied(button);
  } catch {
    // Over plain HTTP there is no clipboard: select the text, and copy it the old way.
    getSelection().selectAllChildren(source);
    if (document.execCommand('copy')) copied(button);
  }
}

const services = [...document.querySelectorAll('.service')];
const filter = document.getElementById('filter');
const chips = [...document.querySelectorAll('[data-state][aria-pressed]')];
let state = '';

function show() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let visible = [];
  for (const service of services) {
    service.search ??= service.textContent.toLowerCase();
    const fits = (state === '' || service.dataset.state === state) && words.every((word) => service.search.includes(word));
    service.hidden = !fits;
    service.classList.remove('first', 'last');
    if (fits) visible.push(service);
  }
  visible.at(0)?.classList.add('first');
  visible.at(-1)?.classList.add('last');
  document.getElementById('none').hidden = visible.length > 0;
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.copy !== undefined) copy(button);
  if (chips.includes(button)) {
    state = button.dataset.state;
    for (const chip of chips) chip.setAttribute('aria-pressed', String(chip === button));
    show();
  }
});
filter?.addEventListener('input', show);
`;
