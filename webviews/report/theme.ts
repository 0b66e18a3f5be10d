/** Colours and font for canvases, which cannot use CSS variables themselves. */
export type Theme = {
  readonly host: string;
  readonly guest: string;
  readonly hostBand: string;
  readonly guestBand: string;
  readonly text: string;
  readonly grid: string;
  readonly font: string;
};

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const value = (name: string): string => style.getPropertyValue(name).trim();
  return {
    host: value('--host'),
    guest: value('--guest'),
    hostBand: value('--host-band'),
    guestBand: value('--guest-band'),
    text: value('--text'),
    grid: value('--grid'),
    font: style.fontFamily,
  };
}

/** Calls `redraw` whenever colours change: the system's scheme, the editor's theme, printing (always light). */
export function onThemeChange(redraw: () => void): void {
  const root = document.documentElement;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new MutationObserver(redraw).observe(document.body, {
    attributeFilter: ['class', 'data-vscode-theme-kind'],
  });
  addEventListener('beforeprint', () => {
    root.dataset.print = 'yes';
    redraw();
  });
  addEventListener('afterprint', () => {
    delete root.dataset.print;
    redraw();
  });
}
