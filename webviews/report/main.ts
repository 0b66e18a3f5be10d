import {
  CategoryScale,
  Chart,
  Filler,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
} from 'chart.js';
import type { Report } from '../../src/core/report/model.ts';
import { chartsByName } from './charts.ts';
import { onThemeChange, readTheme } from './theme.ts';

Chart.register(
  CategoryScale,
  Filler,
  Legend,
  LineController,
  LineElement,
  LinearScale,
  PointElement,
  Tooltip,
);

let drawn: readonly Chart<'line', (number | null)[], string>[] = [];

/** Draws every chart that the page has a canvas for, anew. */
function draw(report: Report): void {
  for (const chart of drawn) chart.destroy();
  const theme = readTheme();
  drawn = [...document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')].flatMap((canvas) => {
    const name = canvas.dataset.chart;
    if (name !== 'scores' && name !== 'curves' && name !== 'ratio') return [];
    return [new Chart(canvas, chartsByName[name](report, theme))];
  });
}

const data = document.getElementById('report-data')?.textContent;
if (data) {
  const report = JSON.parse(data) as Report;
  draw(report);
  onThemeChange(() => {
    draw(report);
  });
}
