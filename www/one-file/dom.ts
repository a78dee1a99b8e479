// Short ways to what is in index.html.

/** An element that is there. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** A new copy of what is in a `<template>`. */
export function copyOf(id: string): HTMLElement {
  const { content } = byId<HTMLTemplateElement>(id);
  return content.firstElementChild!.cloneNode(true) as HTMLElement;
}

/** Inside another, where it is known to be. */
export function inside<E extends HTMLElement = HTMLElement>(parent: HTMLElement, selector: string): E {
  return parent.querySelector<E>(selector)!;
}

export function say(element: HTMLElement, text: string): void {
  element.textContent = text;
  element.hidden = text === '';
}
