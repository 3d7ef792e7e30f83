/** The report's charts: one bar for each name, with the same figures as a table for who does not see them. */
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import { element } from './dom.ts';

/** A chart: its title, and its bars from top to bottom. */
export interface Plot {
  readonly title: string;
  readonly bars: readonly Bar[];
}

/** A bar. `note` is what the table adds to its name; `kind` names the colour: a severity, or nothing. */
export interface Bar {
  readonly name: string;
  readonly count: number;
  readonly note?: string | undefined;
  readonly kind?: string | undefined;
}

const BAR_HEIGHT = 26;

/** Draws a chart at the end of an element that is in the document already. */
export function draw(parent: HTMLElement, { title, bars }: Plot): void {
  const canvas = element('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Bar chart: ${title}; the table below it has the same figures`);
  const plot = element('div', { class: 'plot' }, canvas);
  plot.style.height = `${bars.length * BAR_HEIGHT + 40}px`;
  const cells = (b: Bar): HTMLElement[] => [b.name, String(b.count), b.note ?? ''].map((t) => element('td', {}, t));
  const rows = bars.map((b) => element('tr', {}, ...cells(b)));
  const table = element('details', {}, element('summary', {}, 'as a table'), element('table', {}, ...rows));
  parent.append(element('figure', {}, element('h3', {}, title), plot, table));
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);
  new Chart(canvas, {
    type: 'bar',
    data: {
      labels: bars.map((b) => b.name),
      datasets: [{ data: bars.map((b) => b.count), backgroundColor: bars.map((b) => colour(b.kind ?? 'info')) }],
    },
    options: {
      indexAxis: 'y',
      animation: false,
      maintainAspectRatio: false,
      scales: {
        x: { beginAtZero: true, ticks: { precision: 0, color: colour('quiet') }, grid: { color: colour('line') } },
        y: { ticks: { autoSkip: false, color: colour('ink') }, grid: { display: false } },
      },
    },
  });
}
