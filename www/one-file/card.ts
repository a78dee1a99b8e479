// The model card's Markdown in, elements out: headings, paragraphs, lists, tables and code, which is all it has.
// Only text is ever put in: whatever a class is called, it stays a name.

export function cardElements(markdown: string): HTMLElement[] {
  const blocks = markdown.split(/\n\s*\n/).flatMap((block) => parts(block.split('\n').filter((line) => line.trim() !== '')));
  return blocks.map(blockElement);
}

/** Lines that belong together. */
function parts(lines: string[]): string[][] {
  const groups: string[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last && kindOf(last[0]!) === kindOf(line) && kindOf(line) !== 'heading') last.push(line);
    else groups.push([line]);
  }
  return groups;
}

type Kind = 'heading' | 'item' | 'row' | 'text';

function kindOf(line: string): Kind {
  if (/^#+ /.test(line)) return 'heading';
  if (line.startsWith('- ')) return 'item';
  return line.startsWith('|') ? 'row' : 'text';
}

function blockElement(lines: string[]): HTMLElement {
  switch (kindOf(lines[0]!)) {
    case 'heading': {
      const [, marks, text] = /^(#+) (.*)$/.exec(lines[0]!)!;
      return element(marks!.length === 1 ? 'h2' : 'h3', text!);
    }
    case 'item': {
      const list = document.createElement('ul');
      list.append(...lines.map((line) => element('li', line.slice(2))));
      return list;
    }
    case 'row':
      return table(lines);
    case 'text': {
      const paragraph = document.createElement('p');
      // Each line of the card is a sentence or more.
      paragraph.append(...lines.flatMap((line, at) => [...(at > 0 ? [' '] : []), ...spans(line)]));
      return paragraph;
    }
  }
}

function table(lines: string[]): HTMLElement {
  const [head, ...body] = lines.filter((line) => !/^\|[-| :]+\|$/.test(line)).map(cells);
  const made = document.createElement('table');
  const heading = made.createTHead().insertRow();
  for (const cell of head ?? []) heading.append(element('th', cell));
  const rows = made.createTBody();
  for (const row of body) rows.insertRow().append(...row.map((cell) => element('td', cell)));
  const scroller = document.createElement('div');
  scroller.className = 'table';
  scroller.append(made);
  return scroller;
}

/** A `|` inside a cell has a backslash before it. */
function cells(line: string): string[] {
  return line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.append(...spans(text));
  return made;
}

/** What is between backticks is code. */
function spans(text: string): (string | HTMLElement)[] {
  return text.split('`').map((part, at) => {
    if (at % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  });
}
