/**
 * A tree of HTML elements as data: rendered to text here, or to the DOM by a webview.
 * Neither event handlers nor styles nor addresses can be expressed, and all text is escaped.
 */
export type HtmlElement = {
  readonly tag: Tag;
  readonly attributes: Attributes;
  readonly children: readonly HtmlNode[];
};
export type HtmlNode = HtmlElement | string;

export type Tag =
  | 'main'
  | 'header'
  | 'footer'
  | 'section'
  | 'div'
  | 'h1'
  | 'h2'
  | 'h3'
  | 'p'
  | 'strong'
  | 'span'
  | 'ul'
  | 'li'
  | 'figure'
  | 'figcaption'
  | 'canvas'
  | 'details'
  | 'summary'
  | 'table'
  | 'caption'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td';

export type Attributes = Readonly<
  Partial<
    Record<
      'class' | 'id' | 'role' | 'scope' | 'tabindex' | 'aria-label' | 'aria-labelledby' | 'data-chart',
      string
    >
  >
>;

export function h(tag: Tag, attributes: Attributes, ...children: readonly HtmlNode[]): HtmlElement {
  return { tag, attributes, children };
}

export function toHtml(node: HtmlNode): string {
  if (typeof node === 'string') return escapeHtml(node);
  const attributes = Object.entries(node.attributes).map(
    ([name, value]) => ` ${name}="${escapeHtml(value)}"`,
  );
  return `<${node.tag}${attributes.join('')}>${node.children.map(toHtml).join('')}</${node.tag}>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes for text and for quoted attributes. NUL, which HTML cannot hold, becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '').replaceAll('\0', '\ufffd');
}
