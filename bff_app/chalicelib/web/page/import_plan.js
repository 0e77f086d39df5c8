/** The step of the import in which the person says what the page cannot know: letters, sheet, columns, formats. */

import { compareEncodings } from './encodings.js';
import { show } from './fields.js';
import {
  NOTATIONS, TARGETS, bodyOf, headingsOf, isOpen, missingFields, unusedColumns, withHeadings, withTargets,
} from './import_file.js';
import { StepHeading } from './import_review.js';
import { Button, PlainTable, Select } from './parts.js';
import { t } from './texts.js';
import { html } from './view.js';

const EXAMPLES = 3;
const HEADING_LINES = 15;
const NAME_FIELDS = ['nombre', 'email'];

export function PlanStep({ source, plan, replan, reread, next, again }) {
  const { encodings } = source;
  const set = (changed) => replan((before) => ({ ...before, ...changed }));
  return html`
    <${StepHeading}>${source.name}<//>
    ${encodings.length > 1 && html`<${Encodings} source=${source} plan=${plan} choose=${(encoding) => reread({ encoding })} />`}
    ${plan.sheets.length > 1 && html`
      <label class="card field">${t('import.sheet')}
        <${Select} value=${plan.sheet} options=${plan.sheets.map((name) => [name, name])} choose=${(sheet) => reread({ sheet })} />
      </label>`}
    <${Columns} plan=${plan} replan=${replan} />
    ${Object.entries(plan.doubts).map(([kind, doubt]) => doubt && html`
      <label class="card field" key=${kind}>${t(`import.notation.${kind}`, { example: doubt })}
        <${Select} value=${plan.notations[kind]} options=${[['', t('import.choice')], ...readings(kind, doubt)]}
          choose=${(choice) => set({ notations: { ...plan.notations, [kind]: choice } })} />
      </label>`)}
    <${Missing} plan=${plan} set=${set} />
    <div class="actions">
      <${Button} class="primary" disabled=${isOpen(plan)} onClick=${next}>${t('import.review')}<//>
      <${Button} onClick=${again}>${t('import.other')}<//>
    </div>`;
}

const readings = (kind, text) => {
  const { choices, read } = NOTATIONS[kind];
  return choices.map((choice) => [choice, t(`import.notation.${choice}`, { value: show({ kind }, read(text, choice)) })]);
};

/** The same lines in each encoding: people see which has the accents right. */
function Encodings({ source: { bytes, encodings }, plan, choose }) {
  const samples = compareEncodings(bytes, encodings);
  return html`
    <div class="card" role="radiogroup" aria-label=${t('import.encoding')}>
      <h3>${t('import.encoding')}</h3>
      ${encodings.map((encoding, at) => html`
        <label class="choice" key=${encoding}>
          <input type="radio" name="encoding" checked=${encoding === plan.encoding} onChange=${() => choose(encoding)} />
          <span>
            <span class="muted">${t(`import.encoding.${encoding.replace('-', '')}`)}</span>
            ${samples.map(({ line, texts }) => html`<br key=${line} /><span class="muted">${line}:</span> ${texts[at]}`)}
          </span>
        </label>`)}
    </div>`;
}

function Columns({ plan, replan }) {
  const headings = headingsOf(plan);
  const unused = unusedColumns(plan);
  const nameOf = (at) => String(headings[at] || t('import.column.none', { n: at + 1 })).trim();
  const choose = (at, target) => replan((before) => withTargets(before, before.targets.with(at, target)));
  const options = ['', ...TARGETS].map((target) => [target, targetText(target)]);
  const shown = [...headings.keys()].filter((at) => plan.targets[at] || unused.includes(at));
  const rows = shown.map((at) => [
    nameOf(at),
    html`<span class="muted">${examplesOf(plan, at).join(' · ')}</span>`,
    html`<${Select} aria-label=${nameOf(at)} value=${plan.targets[at]} options=${options} choose=${(target) => choose(at, target)} />`,
  ]);
  const lines = plan.records.slice(0, HEADING_LINES).map(({ line, cells }, at) =>
    [String(at), t('import.headings.line', { line, text: cells.filter(Boolean).join(' · ').slice(0, 60) })]);
  return html`
    <section class="card">
      <h3>${t('import.columns')}</h3>
      <label>${t('import.headings')}
        <${Select} value=${String(plan.headingsAt)} options=${[['-1', t('import.headings.none')], ...lines]}
          choose=${(at) => replan((before) => withHeadings(before, Number(at)))} />
      </label>
      <${PlainTable} label=${t('import.columns')} rows=${rows}
        columns=${[{ title: t('import.column'), isHeading: true }, { title: t('import.examples') }, { title: t('import.target') }]} />
      ${unused.length > 0 && html`<p class="message warn">${t('import.unused', { columns: unused.map(nameOf).join(', ') })}</p>`}
    </section>`;
}

const targetText = (target) => {
  const key = `import.target.${target || 'none'}`;
  return t(key) === key ? t(`field.${target}`) : t(key);
};

const examplesOf = (plan, at) =>
  [...new Set(bodyOf(plan).map(({ cells }) => String(cells[at] ?? '').trim().slice(0, 40)).filter(Boolean))].slice(0, EXAMPLES);

/** Each employee has a name and an address of their own; other fields can be the same for all. */
function Missing({ plan, set }) {
  const missing = missingFields(plan);
  const [own, common] = [true, false].map((isOwn) => missing.filter(({ name }) => NAME_FIELDS.includes(name) === isOwn));
  return missing.length > 0 && html`
    <section class="card">
      <h3>${t('import.missing')}</h3>
      ${own.map(({ name }) => html`<p class="message bad">${t('import.missing.name', { field: t(`field.${name}`) })}</p>`)}
      ${common.length > 0 && html`<p>${t('import.missing.text')}</p>`}
      ${common.map(({ name, kind }) => html`
        <label class="field" key=${name}>${t(`field.${name}`)}
          <input type=${kind === 'date' ? 'date' : 'text'} value=${plan.fixed[name] ?? ''}
            onChange=${({ target }) => set({ fixed: { ...plan.fixed, [name]: target.value } })} />
        </label>`)}
    </section>`;
}
